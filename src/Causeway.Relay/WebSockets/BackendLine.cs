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
    public static BackendLine TakeOver(BackendConnection connection)
    {
        var early = connection.Buffered;
        BackendLine line;
        if (connection.PlainSocket is { } socket)
        {
            line = new BackendLine(socket, new SocketInlet(socket, early), Outlet.ForSocket(socket));
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
}
