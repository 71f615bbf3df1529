using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Listens on sockets that were handed over; all others are left to the web server's own transport.</summary>
internal sealed class ActivatedListenerFactory(IMemoryPoolFactory<byte> pools, TimeProvider time, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private const string Category = "Causeway.Hosting.Systemd";

    public bool CanBind(EndPoint endpoint) => endpoint is ActivatedEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var logger = loggers.CreateLogger(Category);
        return ValueTask.FromResult<IConnectionListener>(new ActivatedListener(
            ((ActivatedEndPoint)endpoint).Activated.Socket,
            new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), logger),
            pools.Create(new MemoryPoolOptions { Owner = "causeway" }),
            time,
            logger));
    }
}

/// <summary>The address of a socket that was handed over, before the web server has it.</summary>
internal sealed class ActivatedEndPoint(ActivatedSocket activated) : EndPoint
{
    public ActivatedSocket Activated => activated;

    public override string ToString() => activated.Url["http://".Length..];
}
