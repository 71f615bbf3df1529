using Causeway.Http;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>Where every relayed request arrives: WebSockets go one way, the rest another.</summary>
internal sealed class RelayEndpoint(RelayAdmission admission, HttpForwarder http, WebSocketRelay webSockets)
{
    public Task InvokeAsync(HttpContext context, RelayRoute route) =>
        WebSocketHandshake.IsWebSocketRequest(context) ? webSockets.RelayAsync(context, route)
        : IsPreflight(context) ? webSockets.PreflightAsync(context, route)
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

        await http.ForwardAsync(context, route, decision).ConfigureAwait(false);
    }
}
