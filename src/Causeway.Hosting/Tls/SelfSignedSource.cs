using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Causeway.Hosting;

/// <summary>A certificate that we sign ourselves, kept in the data directory and used again while it covers the names and has a month to go.</summary>
internal sealed class SelfSignedSource(TlsSetup setup, TimeProvider time) : ICertificateSource
{
    /// <summary>Certificate and key in one file, so that they always belong together.</summary>
    public const string FileName = "self-signed.pem";

    // What browsers take at most, and why an hour before now: clocks differ.
    private static readonly TimeSpan Life = TimeSpan.FromDays(397);
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    public string Name => "self-signed";

    private string FilePath => Path.Combine(setup.Directory, FileName);

    public Task<CertificateOffer> TryAsync(CancellationToken cancellationToken)
    {
        var names = CertificateNames.Of(setup);
        if (Kept(names) is { } kept)
        {
            return Task.FromResult(CertificateOffer.Of(kept));
        }

        PrivateDirectory.Create(setup.Directory);
        var pem = Make(names, time.GetUtcNow());
        PrivateFile.Write(FilePath, pem);
        return Task.FromResult(CertificateOffer.Of(ServerCertificate.OfPem(Name, pem, pem)));
    }

    private ServerCertificate? Kept(IReadOnlyList<string> names)
    {
        try
        {
            var pem = File.ReadAllText(FilePath);
            var certificate = ServerCertificate.OfPem(Name, pem, pem);
            return certificate.ExpiresAt - time.GetUtcNow() > TlsCertificates.RenewBefore && CertificateNames.AreCoveredBy(certificate.Leaf, names) ? certificate : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or CryptographicException)
        {
            // Not there, or not ours to read any more: another is made.
            return null;
        }
    }

    private static string Make(IReadOnlyList<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Environment.MachineName},O=Causeway self-signed", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now - Backdating, now - Backdating + Life);
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
