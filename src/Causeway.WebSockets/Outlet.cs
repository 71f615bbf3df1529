using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.WebSockets;

/// <summary>The one seam through which a connection's bytes leave. One thread at a time; <see cref="Reset"/> from any.</summary>
/// <remarks>An outlet lives no longer than the request's handler: don't touch it once that has returned.</remarks>
public abstract class Outlet
{
    /// <summary>
    /// True where bytes go to the socket under the server's response, which then frames nothing: in a chunked response (an event stream over HTTP/1.1)
    /// the caller writes whole chunks, their size lines included, and leaves the last, empty chunk to the server.
    /// False where bytes go through the response's stream.
    /// </summary>
    public abstract bool BypassesServer { get; }

    /// <summary>Hands over what is taken right now, without ever waiting or throwing.</summary>
    /// <returns>The bytes taken, 0 where none are; -1 where the line is broken.</returns>
    public abstract int TryWrite(ReadOnlySpan<byte> bytes);

    /// <summary>Hands over all bytes, waiting as long as it takes. One at a time, and never beside <see cref="TryWrite"/>.</summary>
    /// <exception cref="IOException">The line is broken.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Tells the peer that nothing follows what was handed over; it may still send. Does nothing where the line can't be half closed.</summary>
    public virtual void EndSending()
    {
    }

    /// <summary>Ends the line at once, without sending what waits: a TCP reset where the connection is this response's alone. Any thread, more than once.</summary>
    public abstract void Reset();

    /// <summary>The outlet of an upgraded connection.</summary>
    /// <param name="context">The upgraded request.</param>
    /// <param name="stream">What <see cref="WebSocketHandshake.AcceptAsync"/> returned.</param>
    /// <returns>Straight to the socket on plain HTTP/1.1 on Linux, else through the stream.</returns>
    public static Outlet ForUpgraded(HttpContext context, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(stream);
        return SocketOutlet.TryCreate(context) ?? (Outlet)new StreamOutlet(context, stream);
    }

    /// <summary>The outlet of a plain TCP connection that this service opened itself.</summary>
    /// <param name="socket">Connected; it is made non-blocking. <see cref="Reset"/> closes it.</param>
    public static Outlet ForSocket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return SocketOutlet.Of(socket);
    }

    /// <summary>The outlet of a streamed response, such as an event stream, whose head was flushed.</summary>
    /// <param name="context">The request; nothing may have been written to its response's body.</param>
    /// <returns>Straight to the socket where <see cref="FlushHeadAsync"/> flushed the head and saw it leave; else through the response's body.</returns>
    public static Outlet ForResponse(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return SocketOutlet.TryCreate(context) ?? (Outlet)new StreamOutlet(context, context.Response.Body);
    }

    /// <summary>Starts a streamed response: flushes its status and headers and, where the socket can be had, waits until they have left the server's pipe, so that nothing sent to the socket overtakes them.</summary>
    /// <param name="context">The request, its response's status and headers set and without a <c>Content-Length</c>.</param>
    public static async Task FlushHeadAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var line = context.Response.HasStarted || !IsServersOwnBody(context) ? null : RawLine.Find(context);
        var takenBefore = line?.BytesTaken ?? 0;
        await context.Response.Body.FlushAsync();
        if (line is { } raw && IsChunked(context))
        {
            await raw.WaitForHeadAsync(context, takenBefore);
        }
    }

    /// <summary>A middleware that replaces the body (compression, say) wants to see all bytes.</summary>
    private static bool IsServersOwnBody(HttpContext context) =>
        ReferenceEquals(context.Features.Get<IHttpResponseBodyFeature>(), context.Features.Get<IHttpResponseFeature>());

    private static bool IsChunked(HttpContext context) => context.Response.Headers.TransferEncoding is ["chunked"];
}
