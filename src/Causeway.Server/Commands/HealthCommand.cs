using System.CommandLine;
using System.Net.Security;
using System.Text.Json;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary><c>causeway health</c>: for health checks of containers and scripts.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static Command Create(Invocation run)
    {
        var url = new Option<string?>("--url") { Description = "The service's address; default the first of Server:Urls." };
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        url.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !(Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                result.AddError("--url must be http://HOST[:PORT] or https://HOST[:PORT].");
            }
        });
        var command = new Command("health", "Ask a running service whether it answers and wants traffic; exit code 0 when it does, else 1.") { url, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            var address = result.GetValue(url) ?? FirstScreen.Clickable(run.Settings().Server.ListenUrls()[0]);
            var report = await AskAsync(new Uri(address), cancellationToken);
            await run.Output.WriteLineAsync(result.GetValue(json)
                ? JsonSerializer.Serialize(report, CommandJson.Options)
                : $"{report.Url}: {report.Status}{(report.Detail is null ? "" : $" ({report.Detail})")}");
            return report.Ready ? ExitCode.Stopped : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<Report> AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };

        // On loopback nobody stands between; and the certificate may be our own, or that of the public name.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None || address.IsLoopback;
        using var client = new HttpClient(handler) { Timeout = Limit };

        // As all our own requests do: whatever answers may know that no person asks, and takes it for no local access.
        client.DefaultRequestHeaders.TryAddWithoutValidation("Via", OutgoingHttp.Via);
        var url = new Uri(address, "/ready");
        try
        {
            using var response = await client.GetAsync(url, cancellationToken);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            var status = body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("status", out var text) ? text.ToString() : null;
            return status is null
                ? new Report(url.ToString(), Ready: false, "unknown", $"answered {(int)response.StatusCode} with something else")
                : new Report(url.ToString(), response.IsSuccessStatusCode, status, null);
        }
        catch (JsonException)
        {
            return new Report(url.ToString(), Ready: false, "unknown", "answered with something else than Causeway would");
        }
        catch (HttpRequestException exception)
        {
            return new Report(url.ToString(), Ready: false, "unreachable", exception.Message);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Report(url.ToString(), Ready: false, "unreachable", $"no answer within {Limit.TotalSeconds:0} s");
        }
    }

    private sealed record Report(string Url, bool Ready, string Status, string? Detail);
}
