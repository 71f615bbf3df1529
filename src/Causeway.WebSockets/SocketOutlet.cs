using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.WebSockets;

/// <summary>Sends on a socket: a connection's own, under the server's response, whose reading stays the server's; or one that this service opened.</summary>
internal sealed class SocketOutlet : Outlet
{
    private readonly Socket _socket;
    private readonly IConnectionLifetimeFeature? _lifetime;

    private SocketOutlet(Socket socket, IConnectionLifetimeFeature? lifetime)
    {
        _socket = socket;
        _lifetime = lifetime;
    }

    public override bool BypassesServer => true;

    /// <summary>On a connection of this service's own; <see cref="Reset"/> closes it.</summary>
    public static SocketOutlet Of(Socket socket)
    {
        socket.Blocking = false;
        SocketTuning.Apply(socket);
        return new SocketOutlet(socket, lifetime: null);
    }

    /// <summary>Null where the socket can't be had, or bytes of the response may still be on their way to it.</summary>
    public static SocketOutlet? TryCreate(HttpContext context)
    {
        if (!RawLine.IsHeadSent(context) || RawLine.Find(context) is not { } line)
        {
            return null;
        }

        try
        {
            line.Socket.Blocking = false;
            SocketTuning.Apply(line.Socket);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The connection is gone already; the first write says so.
        }

        return new SocketOutlet(line.Socket, context.Features.GetRequiredFeature<IConnectionLifetimeFeature>());
    }

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = _socket.Send(bytes, SocketFlags.None, out var error);
            return error switch
            {
                SocketError.Success or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable => sent,
                _ => -1,
            };
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw new IOException("The connection is broken.", exception);
        }
    }

    public override void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
    }

    public override void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        if (_lifetime is null)
        {
            _socket.Dispose();
        }
        else
        {
            _lifetime.Abort();
        }
    }
}
