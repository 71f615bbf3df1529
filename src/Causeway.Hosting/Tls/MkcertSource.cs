using System.Security.Cryptography;

namespace Causeway.Hosting;

/// <summary>A certificate of the developer's own authority, from <c>mkcert</c>, where that authority is installed. It is made anew at each start; its key stays in a directory of ours for a moment only.</summary>
internal sealed class MkcertSource(TlsSetup setup, TimeProvider time) : ICertificateSource
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public string Name => "mkcert";

    public async Task<CertificateOffer> TryAsync(CancellationToken cancellationToken)
    {
        if (ToolRun.Find("mkcert", setup.SearchPath) is not { } program)
        {
            return CertificateOffer.None("not installed");
        }

        var root = await ToolRun.RunAsync(program, ["-CAROOT"], Limit, time, cancellationToken).ConfigureAwait(false);
        if (root is not { ExitCode: 0 } || !File.Exists(Path.Combine(root.Output.Trim(), "rootCA.pem")))
        {
            // Asked for a certificate now it would make an authority, which nobody wanted.
            return CertificateOffer.None("its authority is not installed (mkcert -install)");
        }

        var directory = Path.Combine(setup.Directory, $".mkcert-{Guid.NewGuid():N}");
        PrivateDirectory.Create(setup.Directory);
        PrivateDirectory.Create(directory);
        try
        {
            var (certificate, key) = (Path.Combine(directory, "certificate.pem"), Path.Combine(directory, "key.pem"));
            var made = await ToolRun.RunAsync(
                program, ["-cert-file", certificate, "-key-file", key, .. CertificateNames.Of(setup)], Limit, time, cancellationToken).ConfigureAwait(false);
            if (made is not { ExitCode: 0 })
            {
                return CertificateOffer.None(made is null ? "gave no certificate in time" : $"refused: {made.Complaint}");
            }

            if (made.Error.Contains("not installed in the system trust store", StringComparison.Ordinal))
            {
                return CertificateOffer.None("its authority is not installed (mkcert -install)");
            }

            return CertificateOffer.Of(ServerCertificate.OfPem(
                "mkcert",
                await File.ReadAllTextAsync(certificate, cancellationToken).ConfigureAwait(false),
                await File.ReadAllTextAsync(key, cancellationToken).ConfigureAwait(false)));
        }
        catch (Exception exception) when (exception is CryptographicException or IOException)
        {
            return CertificateOffer.None("gave something that is no certificate with its key");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
