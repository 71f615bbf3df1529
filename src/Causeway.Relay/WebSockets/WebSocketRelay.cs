using System.Net.Sockets;
using Causeway.Http;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Relays WebSockets: a client is accepted only when all behind is in order and the backend has accepted.</summary>
internal sealed class WebSocketRelay(RelayAdmission admission, RelayedWebSockets all, ILogger<WebSocketRelay> logger)
{
    private static readonly TimeSpan QuotaRetry = TimeSpan.FromSeconds(5);

    /// <summary>Opens a WebSocket to the backend, then the client's, and carries both ways until either ends.</summary>
    public async Task RelayAsync(HttpContext context, RelayRoute route)
    {
        var offered = Subprotocols.Of(context);
        if ((CheckHandshake(context) ?? offered.Error) is { } flaw)
        {
            await ErrorWriter.WriteAsync(context, flaw).ConfigureAwait(false);
            return;
        }

        var (place, refusal) = await ReserveAsync(context, route, offered.Token).ConfigureAwait(false);
        using (place)
        {
            if (refusal is not null)
            {
                await ErrorWriter.WriteAsync(context, refusal).ConfigureAwait(false);
            }
            else if (await OpenAsync(context, route.Backend, place!, offered.Offers).ConfigureAwait(false) is { } webSocket)
            {
                await webSocket.RunAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says what <see cref="RelayAsync"/> would refuse, in a form that a browser's script can read; the backend is only connected to.</summary>
    public async Task PreflightAsync(HttpContext context, RelayRoute route)
    {
        var (place, refusal) = await ReserveAsync(context, route, Subprotocols.Of(context).Token).ConfigureAwait(false);
        using (place)
        {
            refusal ??= await ProbeAsync(context, place!).ConfigureAwait(false);
        }

        if (refusal is not null)
        {
            await ErrorWriter.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync("""{"status":"ok"}""", context.RequestAborted).ConfigureAwait(false);
    }

    private static ApiError? CheckHandshake(HttpContext context)
    {
        if (WebSocketHandshake.IsUnsupportedVersion(context))
        {
            context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            return new ApiError(ErrorCode.InvalidMessage, "Only version 13 of the WebSocket protocol is spoken here.") { Status = StatusCodes.Status426UpgradeRequired };
        }

        return WebSocketHandshake.Validate(context) is { } flaw ? new ApiError(ErrorCode.InvalidMessage, flaw) : null;
    }

    /// <summary>Everything before the backend is dialled: who it is, whether they may, whether there is room, and whether the backend runs.</summary>
    private async Task<(BackendPlace? Place, ApiError? Refusal)> ReserveAsync(HttpContext context, RelayRoute route, string? token)
    {
        var decision = await admission.AdmitAsync(context, route, token, isWebSocket: true).ConfigureAwait(false);
        if (decision.Error is { } refusal)
        {
            return (null, refusal);
        }

        if (route.TargetOf(context, decision) is not { } target)
        {
            return (null, new ApiError(ErrorCode.InvalidMessage, "The path can't be relayed: it has characters that belong encoded, or hides a way out of the route's prefix."));
        }

        var backend = route.Backend;
        if (!backend.WebSockets.TryTake())
        {
            logger.WebSocketQuotaReached(backend.Name, backend.WebSockets.Limit);
            return (null, new ApiError(ErrorCode.Unavailable, "The backend has as many WebSockets as it may have.") { RetryAfter = QuotaRetry });
        }

        var place = new BackendPlace(backend.WebSockets, decision, target);
        try
        {
            var (lease, error) = await backend.AcquireAsync(ClientLine.GoneOf(context)).ConfigureAwait(false);
            if (lease is not null)
            {
                place.Lease = lease;
                return (place, null);
            }

            place.Dispose();
            return (null, error);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Dials the backend, and accepts the client when the backend has accepted.</summary>
    /// <returns>What was opened, looked after already; null where the client was answered otherwise.</returns>
    private async Task<RelayedWebSocket?> OpenAsync(HttpContext context, Backend backend, BackendPlace place, IReadOnlyList<string> subprotocols)
    {
        var offer = context.Request.Headers.SecWebSocketExtensions.ToString();
        var handshake = new BackendHandshake(subprotocols, offer.Length == 0 ? null : offer);
        BackendConnection connection;
        try
        {
            connection = await ConnectAsync(place, ClientLine.GoneOf(context)).ConfigureAwait(false);
            await handshake.ExchangeAsync(context, connection, place, TimeSpan.FromSeconds(backend.Options.FirstByteSeconds)).ConfigureAwait(false);
        }
        catch (BackendException failure)
        {
            await ErrorWriter.WriteAsync(context, Explain(place, failure)).ConfigureAwait(false);
            return null;
        }

        var head = connection.Head;
        if (head.Status >= 300)
        {
            logger.BackendRefusedWebSocket(backend.Name, head.Status);
            await PassOnRefusalAsync(context, place, connection).ConfigureAwait(false);
            return null;
        }

        if (handshake.FindFlaw(head, out var subprotocol, out var extensions) is { } flaw)
        {
            logger.BackendHandshakeInvalid(backend.Name, flaw);
            await ErrorWriter.WriteAsync(context, new ApiError(ErrorCode.BackendUnreachable, "The backend's answer to the WebSocket handshake is not valid.")).ConfigureAwait(false);
            return null;
        }

        if (!all.TryBeginAccept())
        {
            await ErrorWriter.WriteAsync(context, admission.Stopping).ConfigureAwait(false);
            return null;
        }

        try
        {
            AnswerHead.Apply(context.Response, head);
            context.Response.ContentLength = null;
            var stream = await WebSocketHandshake.AcceptAsync(context, subprotocol, extensions).ConfigureAwait(false);
            var line = place.TakeOver(all.Loop);
            var webSocket = new RelayedWebSocket(
                all, InletOf(context, stream), Outlet.ForUpgraded(context, stream), line,
                hasExtensions: extensions is not null, TimeSpan.FromSeconds(backend.Options.WebSocketIdleSeconds));
            all.Add(webSocket);
            return webSocket;
        }
        finally
        {
            all.EndAccept();
        }
    }

    /// <summary>Hands the backend's own refusal to the client, body and all, for as long as both stay.</summary>
    private async Task PassOnRefusalAsync(HttpContext context, BackendPlace place, BackendConnection connection)
    {
        var backend = place.Lease.Backend;
        var registration = ClientLine.GoneOf(context).UnsafeRegister(static state => ((BackendConnection)state!).Abort(Cut.ClientGone), connection);
        try
        {
            AnswerHead.Apply(context.Response, connection.Head);
            await new Download(context, connection, TimeSpan.FromSeconds(backend.Options.IdleSeconds)).RunAsync(connection.Head).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BackendException or SocketException or IOException or ObjectDisposedException)
        {
            if (connection.Cut != Cut.ClientGone)
            {
                logger.BackendBrokeOff(backend.Name, place.Lease.Destination.Url, context.Request.Path, exception.Message);
            }

            context.Abort();
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>An upgraded connection of HTTP/1.1 is the client's alone: its pipe can be read without the layers of a request's body.</summary>
    private static Inlet InletOf(HttpContext context, Stream stream) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionTransportFeature>() is { } connection
            ? new PipeInlet(connection.Transport.Input)
            : new StreamInlet(stream, early: []);

    /// <summary>Whether the backend can be connected to.</summary>
    private async Task<ApiError?> ProbeAsync(HttpContext context, BackendPlace place)
    {
        try
        {
            await ConnectAsync(place, ClientLine.GoneOf(context)).ConfigureAwait(false);
            return null;
        }
        catch (BackendException failure)
        {
            return Explain(place, failure);
        }
    }

    /// <summary>Connects to the first address that takes the connection.</summary>
    private static async Task<BackendConnection> ConnectAsync(BackendPlace place, CancellationToken gone)
    {
        while (true)
        {
            var destination = place.Lease.Destination;
            try
            {
                return place.Hold(destination.Pool, await destination.Pool.OpenAsync(gone).ConfigureAwait(false));
            }
            catch (BackendException)
            {
                destination.Health.ConnectFailed();
                if (!place.Lease.TryMoveOn())
                {
                    throw;
                }
            }
        }
    }

    private ApiError Explain(BackendPlace place, BackendException failure)
    {
        var (backend, destination) = (place.Lease.Backend, place.Lease.Destination);
        logger.BackendFailed(backend.Name, destination.Url, failure.Phase, retries: 0, failure.Message);
        return BackendErrors.Describe(backend.Name, failure);
    }
}
