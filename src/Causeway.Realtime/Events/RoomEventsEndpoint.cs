using Causeway.Http;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.Realtime;

/// <summary>Serves rooms as Server-Sent Events (WHATWG HTML §9.2), by the same gate and the same cursors as WebSocket.</summary>
internal sealed class RoomEventsEndpoint(LiveCore core, Gate gate)
{
    private const int MaxRooms = 32;

    private readonly StreamDoor _door = new(core);

    public async Task HandleAsync(HttpContext context)
    {
        if (core.Connections.IsDraining)
        {
            await SendAwayAsync(context);
            return;
        }

        if (ReadRooms(context, out var rooms) is { } invalid)
        {
            await ErrorWriter.WriteAsync(context, invalid);
            return;
        }

        var version = core.Connections.AccessVersion;
        var outcome = await gate.AdmitAsync(context, takePlace: true);
        if (outcome.Error is { } refusal)
        {
            await ErrorWriter.WriteAsync(context, refusal);
            return;
        }

        var identity = outcome.Identity!;
        var stream = new EventStream(rooms, ReadResume(context, rooms.Count));
        if (await _door.CheckAsync(identity, stream, context.RequestAborted) is { } forbidden)
        {
            core.Connections.Admission.Leave(identity.UserId, Gate.AddressOf(context));
            core.Metrics.CountRefused(forbidden.Code);
            await ErrorWriter.WriteAsync(context, forbidden);
            return;
        }

        var connection = await OpenAsync(context, identity, stream);
        await gate.ConfirmAsync(context, connection, version);
        var aborted = context.RequestAborted.UnsafeRegister(static state => ((Connection)state!).Post(LoopWorkKind.Gone), connection);
        await using (aborted.ConfigureAwait(false))
        {
            await connection.WaitEndedAsync();
        }
    }

    private async Task<Connection> OpenAsync(HttpContext context, RealtimeIdentity identity, EventStream stream)
    {
        Connection connection;
        try
        {
            await StartResponseAsync(context);
            var outlet = Outlet.ForResponse(context);
            connection = new Connection(core, new ConnectionSeed(
                core.Connections.NextNumber(), Ids.New(), identity, Gate.AddressOf(context), outlet,
                outlet.BypassesServer ? WireForm.ChunkedEvent : WireForm.Event)
            { Stream = stream });
        }
        catch
        {
            core.Connections.Admission.Leave(identity.UserId, Gate.AddressOf(context));
            throw;
        }

        await _door.EnterAsync(connection);
        return connection;
    }

    // A native EventSource never comes back from an error, so a drain answers 200 and says when to.
    private async Task SendAwayAsync(HttpContext context)
    {
        await StartResponseAsync(context);
        await context.Response.Body.WriteAsync(EventStream.Farewell(WireForm.Event, core.Connections.DrainLeft + Drain.Jitter(core.Connections.NextNumber())), context.RequestAborted);
    }

    private static async Task StartResponseAsync(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        await Outlet.FlushHeadAsync(context);
    }

    private static ApiError? ReadRooms(HttpContext context, out IReadOnlyList<RoomId> rooms)
    {
        var read = new List<RoomId>();
        rooms = read;
        foreach (var name in context.Request.Query["room"])
        {
            if (!RoomId.TryParse(name, null, out var room))
            {
                return Refusals.Invalid("room", "1 to 128 of A-Z a-z 0-9 _ . : -");
            }

            if (!read.Contains(room))
            {
                read.Add(room);
            }
        }

        return read.Count is > 0 and <= MaxRooms ? null : Refusals.Invalid("room", $"1 to {MaxRooms} rooms, each as room=NAME");
    }

    private static EventResume ReadResume(HttpContext context, int rooms) =>
        EventResume.Of(context.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? context.Request.Query["last_event_id"].FirstOrDefault(), rooms);
}
