using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Causeway.Hosting;

/// <summary>Reads the configured certificate files; whatever is wrong with them becomes a problem that names the key and the reason.</summary>
internal static class CertificateFiles
{
    private const string Section = "Server:Tls:";

    /// <summary>Reads them.</summary>
    /// <param name="options">With a certificate file.</param>
    /// <param name="workingDirectory">Where relative paths start.</param>
    /// <param name="now">To tell what has expired.</param>
    /// <exception cref="ConfigurationException">They can't be used.</exception>
    public static ServerCertificate Load(TlsOptions options, string workingDirectory, DateTimeOffset now)
    {
        var certificate = options.IsPkcs12 ? LoadPkcs12(options, workingDirectory) : LoadPem(options, workingDirectory);
        if (certificate.ExpiresAt <= now)
        {
            throw Problem(nameof(options.CertificateFile), $"names a certificate that expired on {Day(certificate.ExpiresAt)}");
        }

        var validFrom = new DateTimeOffset(certificate.Leaf.NotBefore.ToUniversalTime(), TimeSpan.Zero);
        return validFrom <= now ? certificate : throw Problem(nameof(options.CertificateFile), $"names a certificate that is valid only from {Day(validFrom)} on");
    }

    /// <summary>What tells one state of the files from another.</summary>
    public static string Stamp(TlsOptions options, string workingDirectory)
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in new[] { options.CertificateFile, options.KeyFile }.OfType<string>())
            {
                // By content: certificates are often behind links whose own dates never change.
                hash.AppendData(File.ReadAllBytes(Path.GetFullPath(file, workingDirectory)));
            }

            return Convert.ToHexString(hash.GetHashAndReset());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "a file can't be read";
        }
    }

    private static ServerCertificate LoadPem(TlsOptions options, string workingDirectory)
    {
        var certificates = Read(nameof(options.CertificateFile), options.CertificateFile!, workingDirectory);
        var (keyName, key) = options.KeyFile is null
            ? (nameof(options.CertificateFile), certificates)
            : (nameof(options.KeyFile), Read(nameof(options.KeyFile), options.KeyFile, workingDirectory));
        if (!Labels(certificates).Contains("CERTIFICATE"))
        {
            throw Problem(nameof(options.CertificateFile), "names a file without a PEM certificate (-----BEGIN CERTIFICATE-----)");
        }

        var label = Labels(key).FirstOrDefault(static label => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal));
        if (label is null)
        {
            throw Problem(keyName, options.KeyFile is null
                ? "names a file without a private key; set Server:Tls:KeyFile"
                : "names a file without a PEM private key (-----BEGIN PRIVATE KEY-----)");
        }

        var isEncrypted = label == "ENCRYPTED PRIVATE KEY";
        if (isEncrypted && options.Password is null)
        {
            throw Problem(keyName, "names an encrypted key; set Server:Tls:Password");
        }

        try
        {
            return ServerCertificate.OfPem("files", certificates, key, isEncrypted ? options.Password : null);
        }
        catch (CryptographicException)
        {
            throw Explain(options, keyName, certificates, key, isEncrypted);
        }
    }

    private static ServerCertificate LoadPkcs12(TlsOptions options, string workingDirectory)
    {
        var path = Find(nameof(options.CertificateFile), options.CertificateFile!, workingDirectory);
        try
        {
            var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, options.Password, X509KeyStorageFlags.EphemeralKeySet);
            return all.FirstOrDefault(static certificate => certificate.HasPrivateKey) is { } leaf
                ? ServerCertificate.Of("files", leaf, all)
                : throw Problem(nameof(options.CertificateFile), "names a PKCS #12 file without a private key");
        }
        catch (CryptographicException)
        {
            throw Problem(
                options.Password is null ? nameof(options.CertificateFile) : nameof(options.Password),
                options.Password is null ? "names a file that is no PKCS #12 file, or one that needs Server:Tls:Password" : "is not the password of the file, or that is no PKCS #12 file");
        }
    }

    private static ConfigurationException Explain(TlsOptions options, string keyName, string certificates, string key, bool isEncrypted)
    {
        try
        {
            new X509Certificate2Collection().ImportFromPem(certificates);
        }
        catch (CryptographicException)
        {
            return Problem(nameof(options.CertificateFile), "names a file whose certificate can't be read");
        }

        if (CanRead(RSA.Create(), key, options.Password, isEncrypted) || CanRead(ECDsa.Create(), key, options.Password, isEncrypted))
        {
            return Problem(keyName, "names a key that does not belong to the certificate");
        }

        return isEncrypted ? Problem(nameof(options.Password), "is not the password of the key") : Problem(keyName, "names a key that can't be read");
    }

    private static bool CanRead(AsymmetricAlgorithm algorithm, string key, string? password, bool isEncrypted)
    {
        using (algorithm)
        {
            try
            {
                if (isEncrypted)
                {
                    algorithm.ImportFromEncryptedPem(key, password);
                }
                else
                {
                    algorithm.ImportFromPem(key);
                }

                return true;
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                return false;
            }
        }
    }

    private static List<string> Labels(string text)
    {
        var labels = new List<string>();
        for (var rest = text.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            labels.Add(rest[fields.Label].ToString());
        }

        return labels;
    }

    private static string Read(string key, string file, string workingDirectory)
    {
        var path = Find(key, file, workingDirectory);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Problem(key, $"names {path}, which can't be read by this user");
        }
    }

    private static string Find(string key, string file, string workingDirectory)
    {
        var path = Path.GetFullPath(file, workingDirectory);
        return File.Exists(path) ? path : throw Problem(key, $"names {path}, which is no file");
    }

    private static ConfigurationException Problem(string key, string reason) => new([new ConfigurationProblem(Section + key, reason)]);

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
