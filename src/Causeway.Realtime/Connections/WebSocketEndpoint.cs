using Causeway.Http;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Causeway.Realtime;

/// <summary>Lets WebSocket clients in; what remains of an accepted request is one pending read.</summary>
internal sealed class WebSocketEndpoint(LiveCore core, Gate gate, MessageDispatcher dispatcher)
{
    public async Task HandleAsync(HttpContext context)
    {
        var upgrade = WebSocketHandshake.IsWebSocketRequest(context);
        if (!upgrade && context.Request.Query["preflight"] != "1")
        {
            context.Response.Headers.Upgrade = "websocket";
            await ErrorWriter.WriteAsync(context, new ApiError(ErrorCode.InvalidMessage, "This is a WebSocket endpoint.") { Status = StatusCodes.Status426UpgradeRequired });
            return;
        }

        if (upgrade && CheckHandshake(context) is { } flaw)
        {
            await ErrorWriter.WriteAsync(context, flaw);
            return;
        }

        var version = core.Connections.AccessVersion;
        var outcome = await gate.AdmitAsync(context, takePlace: upgrade);
        if (outcome.Error is { } refusal)
        {
            await ErrorWriter.WriteAsync(context, refusal);
        }
        else if (!upgrade)
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsync("""{"status":"ok"}""", context.RequestAborted);
        }
        else
        {
            using var session = await OpenAsync(context, outcome.Identity!, version);
            await session.RunAsync();
        }
    }

    private static ApiError? CheckHandshake(HttpContext context)
    {
        if (WebSocketHandshake.IsUnsupportedVersion(context))
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            return new ApiError(ErrorCode.InvalidMessage, "Only version 13 of the WebSocket protocol is spoken here.") { Status = StatusCodes.Status426UpgradeRequired };
        }

        return WebSocketHandshake.Validate(context) is { } flaw ? new ApiError(ErrorCode.InvalidMessage, flaw) : null;
    }

    // The request's own token would cost each connection a source; the transport's exists anyway, but over HTTP/2 it is that of many.
    private static CancellationToken LineClosedOf(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionLifetimeFeature>() is { } line
            ? line.ConnectionClosed
            : context.RequestAborted;

    // Apart from HandleAsync, so that the request holds nothing of the handshake while it is pending.
    private async Task<WebSocketSession> OpenAsync(HttpContext context, RealtimeIdentity identity, int version)
    {
        string? extensions = null;
        var deflate = core.Options.Compression is CompressionMode.Shared
            && PermessageDeflate.TryNegotiate(context.Request.Headers.SecWebSocketExtensions, out extensions);
        Connection connection;
        Stream stream;
        try
        {
            stream = await WebSocketHandshake.AcceptAsync(context, Gate.ChosenSubprotocol(context), extensions);
            connection = new Connection(core, new ConnectionSeed(
                core.Connections.NextNumber(), Ids.New(), identity, Gate.AddressOf(context),
                Outlet.ForUpgraded(context, stream), deflate ? WireForm.DeflatedFrame : WireForm.Frame)
            { LineClosed = LineClosedOf(context) });
        }
        catch
        {
            core.Connections.Admission.Leave(identity.UserId, Gate.AddressOf(context));
            throw;
        }

        core.Connections.Add(connection);
        await gate.ConfirmAsync(context, connection, version);
        return new WebSocketSession(core, connection, stream, dispatcher, deflate);
    }
}
