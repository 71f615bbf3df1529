using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Causeway.Testing;

/// <summary>A certificate and its key, as PEM.</summary>
/// <param name="Certificates">The leaf, with its chain behind it.</param>
/// <param name="Key">The leaf's key, PKCS #8.</param>
public sealed record TestCertificate(string Certificates, string Key)
{
    /// <summary>The leaf's thumbprint.</summary>
    public string Thumbprint
    {
        get
        {
            using var leaf = X509Certificate2.CreateFromPem(Certificates);
            return leaf.Thumbprint;
        }
    }
}

/// <summary>A certificate authority of the test's own, with one intermediate: root → intermediate → leaf.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly DateTimeOffset _now;
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    /// <summary>Makes one.</summary>
    /// <param name="now">What the test takes for now; it is valid for ten years around it.</param>
    public TestAuthority(DateTimeOffset now)
    {
        _now = now;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority("CN=Test root", rootKey).CreateSelfSigned(now.AddYears(-5), now.AddYears(5));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = Authority("CN=Test intermediate", key).Create(_root, now.AddYears(-4), now.AddYears(4), RandomNumberGenerator.GetBytes(12));
        _intermediate = issued.CopyWithPrivateKey(key);
    }

    /// <summary>What a client must trust.</summary>
    public X509Certificate2 Root => _root;

    /// <summary>Issues a certificate for <c>localhost</c> and 127.0.0.1.</summary>
    /// <param name="validFor">From now on; negative for one that has expired.</param>
    /// <param name="startsIn">When it begins to be valid, from now on; default a day ago.</param>
    public TestCertificate Issue(TimeSpan validFor, TimeSpan? startsIn = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var from = _now + (startsIn ?? (validFor < TimeSpan.Zero ? validFor - TimeSpan.FromDays(90) : TimeSpan.FromDays(-1)));
        using var leaf = request.Create(_intermediate, from, _now + validFor, RandomNumberGenerator.GetBytes(12));
        return new TestCertificate($"{leaf.ExportCertificatePem()}\n{_intermediate.ExportCertificatePem()}\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request;
    }
}
