using Causeway.Http;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Where every relayed request arrives: WebSockets go one way, the rest another.</summary>
internal sealed class RelayEndpoint(RelayAdmission admission, ILoggerFactory loggers)
{
    private readonly HttpForwarder _http = new(loggers.CreateLogger("Causeway.Relay.Http"));
    private readonly WebSocketRelay _webSockets = new(admission, loggers.CreateLogger("Causeway.Relay.WebSockets"));

    public Task InvokeAsync(HttpContext context, RelayRoute route) =>
        WebSocketHandshake.IsWebSocketRequest(context) ? _webSockets.RelayAsync(context, route)
        : IsPreflight(context) ? _webSockets.PreflightAsync(context, route)
        : ForwardAsync(context, route);

    private static bool IsPreflight(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method)
        && context.Request.QueryString.Value is { Length: > 0 } query
        && query.Contains("preflight=", StringComparison.Ordinal)
        && context.Request.Query["preflight"] == "1";

    private async Task ForwardAsync(HttpContext context, RelayRoute route)
    {
        var decision = await admission.AdmitAsync(context, route, token: null, isWebSocket: false).ConfigureAwait(false);
        if (decision.Error is { } refusal)
        {
            await ErrorWriter.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        await _http.ForwardAsync(context, route, decision).ConfigureAwait(false);
    }
}
