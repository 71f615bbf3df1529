using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Causeway.Hosting;

/// <summary>A certificate with its key and chain, ready for handshakes.</summary>
internal sealed class ServerCertificate
{
    private ServerCertificate(string source, X509Certificate2 leaf, SslStreamCertificateContext context)
    {
        Source = source;
        Leaf = leaf;
        Context = context;
        ExpiresAt = new DateTimeOffset(leaf.NotAfter.ToUniversalTime(), TimeSpan.Zero);
    }

    /// <summary>Where it comes from, for people: <c>self-signed</c>.</summary>
    public string Source { get; }

    public X509Certificate2 Leaf { get; }

    /// <summary>What a handshake is given.</summary>
    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset ExpiresAt { get; }

    /// <summary>As browsers show it: <c>AB:CD:…</c>.</summary>
    public string Fingerprint => string.Join(':', SHA256.HashData(Leaf.RawData).Select(static b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>Builds one from a leaf with its key and what came with it.</summary>
    public static ServerCertificate Of(string source, X509Certificate2 leaf, X509Certificate2Collection chain)
    {
        if (OperatingSystem.IsWindows())
        {
            // Its TLS takes no key that exists in memory only.
            leaf = X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), password: null);
        }

        // Offline: nothing is fetched from anywhere while a listener waits for its certificate.
        return new(source, leaf, SslStreamCertificateContext.Create(leaf, chain, offline: true));
    }

    /// <summary>Builds one from PEM texts, which may be the same.</summary>
    /// <exception cref="CryptographicException">There is no certificate or no key in them, or they don't belong together.</exception>
    public static ServerCertificate OfPem(string source, string certificates, string key, string? password = null)
    {
        X509Certificate2 leaf;
        try
        {
            leaf = password is null ? X509Certificate2.CreateFromPem(certificates, key) : X509Certificate2.CreateFromEncryptedPem(certificates, key, password);
        }
        catch (ArgumentException exception)
        {
            // What the framework throws for a key of the right kind that is another certificate's.
            throw new CryptographicException("The key does not belong to the certificate.", exception);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        return Of(source, leaf, chain);
    }
}
