using System.Net.Sockets;
using Causeway.WebSockets;

namespace Causeway.Relay;

/// <summary>A backend's connection that carries frames: what comes and where to send.</summary>
internal sealed class BackendLine : IDisposable
{
    private readonly IDisposable _connection;

    private BackendLine(IDisposable connection, Inlet inlet, Outlet outlet) => (_connection, Inlet, Outlet) = (connection, inlet, outlet);

    public Inlet Inlet { get; }

    public Outlet Outlet { get; }

    /// <summary>Takes over a connection on which the backend has switched protocols; what it said behind that comes first.</summary>
    /// <param name="connection">Nothing waits on it any more.</param>
    /// <param name="loop">Polls plain sockets; null where the runtime does.</param>
    public static BackendLine TakeOver(BackendConnection connection, ReadinessLoop? loop)
    {
        var early = connection.Buffered;
        BackendLine line;
        if (connection.PlainSocket is { } socket)
        {
            line = loop is null ? Awaited(socket, early) : TryPoll(socket, early, loop) ?? Awaited(socket, early);
        }
        else
        {
            var tls = connection.TlsStream!;
            line = new BackendLine(tls, new StreamInlet(tls, early), new TlsOutlet(tls));
        }

        connection.Consume(early.Length);
        connection.Rest();
        return line;
    }

    public void Dispose() => _connection.Dispose();

    private static BackendLine Awaited(Socket socket, ReadOnlySpan<byte> early) => new(socket, new SocketInlet(socket, early), Outlet.ForSocket(socket));

    private static BackendLine? TryPoll(Socket socket, ReadOnlySpan<byte> early, ReadinessLoop loop)
    {
        var outlet = Outlet.ForSocket(socket);
        var polled = new PolledSocket();
        var descriptor = (int)socket.Handle;
        if (!loop.TryAdd(polled, descriptor))
        {
            return null;
        }

        RuntimePolling.Forget(descriptor);
        return new BackendLine(new Closing(socket, polled), new PolledInlet(socket, polled, early), new PolledOutlet(outlet, polled));
    }

    /// <summary>Closes the socket first, so that whoever is resumed by the other finds it closed.</summary>
    private sealed class Closing(Socket socket, PolledSocket polled) : IDisposable
    {
        public void Dispose()
        {
            socket.Dispose();
            polled.Dispose();
        }
    }
}
