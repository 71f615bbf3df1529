using System.Security.Cryptography;
using System.Text.Json;

namespace Causeway.Hosting;

/// <summary>The certificate of this machine's name in its tailnet, from <c>tailscale cert</c>. The key comes over a pipe and is never on our disk.</summary>
internal sealed class TailscaleSource(TlsSetup setup, TimeProvider time) : ICertificateSource
{
    private static readonly TimeSpan StatusLimit = TimeSpan.FromSeconds(5);

    // The first certificate is issued while it waits.
    private static readonly TimeSpan CertificateLimit = TimeSpan.FromSeconds(30);

    public string Name => "Tailscale";

    public async Task<CertificateOffer> TryAsync(CancellationToken cancellationToken)
    {
        if (!setup.ListensBeyondLoopback)
        {
            return CertificateOffer.None("of use beyond loopback only");
        }

        if (ToolRun.Find("tailscale", setup.SearchPath) is not { } program)
        {
            return CertificateOffer.None("not installed");
        }

        var status = await ToolRun.RunAsync(program, ["status", "--json", "--peers=false"], StatusLimit, time, cancellationToken).ConfigureAwait(false);
        if (status is null)
        {
            return CertificateOffer.None("gave no status in time");
        }

        var domain = DomainOf(status.Output, out var refusal);
        if (domain is null)
        {
            return CertificateOffer.None(refusal);
        }

        var answer = await ToolRun.RunAsync(program, ["cert", "--cert-file=-", "--key-file=-", domain], CertificateLimit, time, cancellationToken).ConfigureAwait(false);
        if (answer is not { ExitCode: 0 })
        {
            return CertificateOffer.None(answer is null ? "gave no certificate in time" : $"refused: {answer.Complaint}");
        }

        try
        {
            return CertificateOffer.Of(ServerCertificate.OfPem($"Tailscale ({domain})", answer.Output, answer.Output));
        }
        catch (CryptographicException)
        {
            return CertificateOffer.None("gave something that is no certificate with its key");
        }
    }

    private static string? DomainOf(string json, out string refusal)
    {
        refusal = "gave no readable status";
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } status)
            {
                return null;
            }

            var state = status.TryGetProperty("BackendState", out var backend) ? backend.ToString() : "";
            if (state != "Running")
            {
                refusal = state == "NeedsLogin" ? "not logged in" : $"not running ({state})";
                return null;
            }

            refusal = "HTTPS certificates are off in the tailnet";
            return status.TryGetProperty("CertDomains", out var domains) && domains is { ValueKind: JsonValueKind.Array } && domains.GetArrayLength() > 0
                ? domains[0].GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
