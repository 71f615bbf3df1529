using System.Diagnostics;
using System.Globalization;

namespace Causeway.Relay;

/// <summary>The spans of relayed requests, on the activity source <c>Causeway.Relay</c>: one from the choice of an address to the end of its answer, whatever attempts it took.</summary>
internal static class RelayTracing
{
    private static readonly ActivitySource Source = new("Causeway.Relay");

    public static Activity? Start(string method, BackendLease lease)
    {
        if (!Source.HasListeners() || Source.StartActivity(method, ActivityKind.Client) is not { } span)
        {
            return null;
        }

        if (span.IsAllDataRequested)
        {
            span.SetTag("http.request.method", method);
            span.SetTag("causeway.backend", lease.Backend.Name);
        }

        return span;
    }

    public static void End(Activity span, Exchange exchange, Uri address, int status, BackendException? failure)
    {
        if (!span.IsAllDataRequested)
        {
            return;
        }

        span.SetTag("server.address", address.Host);
        span.SetTag("server.port", address.Port);
        if (exchange.Retries > 0)
        {
            span.SetTag("http.request.resend_count", exchange.Retries);
        }

        if (exchange.HasAnswer)
        {
            span.SetTag("http.response.status_code", status);
        }

        if (failure is not null || status >= 500)
        {
            span.SetTag("error.type", failure is null ? status.ToString(CultureInfo.InvariantCulture) : failure.Phase.ToString().ToLowerInvariant());
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
