using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Causeway.Testing;

namespace Causeway.Hosting.Tests.Tls;

/// <summary>E5: what is wrong with certificate files is said with the key and the reason.</summary>
public sealed class CertificateFilesTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly TempDirectory _files = new();
    private readonly TestAuthority _authority;
    private readonly TestCertificate _good;

    public CertificateFilesTests()
    {
        _authority = new TestAuthority(_time.GetUtcNow());
        _good = _authority.Issue(TimeSpan.FromDays(90));
        _files.Write("good.crt", _good.Certificates);
        _files.Write("good.key", _good.Key);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void Load_PairOrOneFile_Read()
    {
        _files.Write("both.pem", _good.Key + _good.Certificates);

        Assert.Equal(_good.Thumbprint, Load("good.crt", "good.key").Leaf.Thumbprint);
        Assert.Equal(_good.Thumbprint, Load("both.pem").Leaf.Thumbprint);
    }

    [Theory]
    [InlineData("none.crt", "good.key", "CertificateFile names {0}, which is no file")]
    [InlineData("good.crt", "none.key", "KeyFile names {1}, which is no file")]
    [InlineData("empty", "good.key", "CertificateFile names a file without a PEM certificate")]
    [InlineData("good.key", "good.key", "CertificateFile names a file without a PEM certificate")]
    [InlineData("broken.crt", "good.key", "CertificateFile names a file whose certificate can't be read")]
    [InlineData("good.crt", "empty", "KeyFile names a file without a PEM private key")]
    [InlineData("good.crt", null, "CertificateFile names a file without a private key; set Server:Tls:KeyFile")]
    [InlineData("good.crt", "other.key", "KeyFile names a key that does not belong to the certificate")]
    [InlineData("good.crt", "broken.key", "KeyFile names a key that can't be read")]
    [InlineData("good.crt", "locked.key", "KeyFile names an encrypted key; set Server:Tls:Password")]
    [InlineData("expired.crt", "expired.key", "CertificateFile names a certificate that expired on 2026-05-0")]
    [InlineData("future.crt", "future.key", "CertificateFile names a certificate that is valid only from 2026-05-0")]
    [InlineData("good.pfx", null, "CertificateFile names a file that is no PKCS #12 file, or one that needs Server:Tls:Password")]
    [InlineData("bad.p12", null, "CertificateFile names a file that is no PKCS #12 file")]
    public void Load_Wrong_NamesKeyAndReason(string certificate, string? key, string problem)
    {
        WriteOthers();

        var exception = Assert.Throws<ConfigurationException>(() => Load(certificate, key));

        Assert.Contains(
            "Server:Tls:" + string.Format(System.Globalization.CultureInfo.InvariantCulture, problem, _files[certificate], key is null ? "" : _files[key]),
            exception.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY-----\nM", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WithThePassword_Read()
    {
        WriteOthers();

        Assert.Equal(_good.Thumbprint, Load("good.crt", "locked.key", "open sesame").Leaf.Thumbprint);
        Assert.Equal(_good.Thumbprint, Load("good.pfx", null, "open sesame").Leaf.Thumbprint);
    }

    [Theory]
    [InlineData("good.crt", "locked.key", "Password is not the password of the key")]
    [InlineData("good.pfx", null, "Password is not the password of the file")]
    public void Load_WithAnotherPassword_Said(string certificate, string? key, string problem)
    {
        WriteOthers();

        var exception = Assert.Throws<ConfigurationException>(() => Load(certificate, key, "open barley"));

        Assert.Contains("Server:Tls:" + problem, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("barley", exception.Message, StringComparison.Ordinal);
    }

    private ServerCertificate Load(string certificate, string? key = null, string? password = null) =>
        CertificateFiles.Load(new TlsOptions { CertificateFile = certificate, KeyFile = key, Password = password }, _files.Path, _time.GetUtcNow());

    private void WriteOthers()
    {
        _files.Write("empty", "");
        _files.Write("broken.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        _files.Write("broken.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        _files.Write("other.key", _authority.Issue(TimeSpan.FromDays(1)).Key);
        var expired = _authority.Issue(TimeSpan.FromDays(-1));
        _files.Write("expired.crt", expired.Certificates);
        _files.Write("expired.key", expired.Key);
        var future = _authority.Issue(TimeSpan.FromDays(9), startsIn: TimeSpan.FromDays(2));
        _files.Write("future.crt", future.Certificates);
        _files.Write("future.key", future.Key);
        using var key = ECDsa.Create();
        key.ImportFromPem(_good.Key);
        _files.Write("locked.key", key.ExportEncryptedPkcs8PrivateKeyPem(
            "open sesame", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000)));
        using var leaf = X509Certificate2.CreateFromPem(_good.Certificates, _good.Key);
        File.WriteAllBytes(_files["good.pfx"], leaf.Export(X509ContentType.Pkcs12, "open sesame"));
        _files.Write("bad.p12", "nonsense");
    }
}
