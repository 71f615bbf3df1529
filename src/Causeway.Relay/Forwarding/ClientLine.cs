using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>Tells when a client leaves.</summary>
internal static class ClientLine
{
    /// <summary>Cancelled when it does. The request's own token would cost each request a source; the connection's is there anyway, but over HTTP/2 it is that of many.</summary>
    public static CancellationToken GoneOf(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionLifetimeFeature>() is { } line
            ? line.ConnectionClosed
            : context.RequestAborted;
}
