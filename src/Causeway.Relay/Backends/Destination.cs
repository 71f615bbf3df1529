using System.Net;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>One address of a backend, with its health and what is in flight to it.</summary>
internal sealed class Destination : IDisposable
{
    private int _inFlight;

    public Destination(string backend, int index, BackendOptions options, TimeProvider time, ILogger logger)
    {
        var url = new Uri(options.Urls[index]);
        Index = index;
        Url = url;
        IsTls = url.Scheme == Uri.UriSchemeHttps;
        Host = url.IdnHost;
        Port = url.Port;
        BasePath = url.AbsolutePath.TrimEnd('/');
        EndPoint = IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, Port) : new DnsEndPoint(Host, Port);
        Pool = new ConnectionPool(this, options, time);
        Health = new DestinationHealth(backend, url, time, logger);
    }

    /// <summary>Its place among the backend's addresses, from 0: what metrics call it, so that no address leaks.</summary>
    public int Index { get; }

    public Uri Url { get; }

    public bool IsTls { get; }

    /// <summary>The name or address to connect to, without brackets.</summary>
    public string Host { get; }

    public int Port { get; }

    /// <summary>What stands before every path: empty, or <c>/base</c>.</summary>
    public string BasePath { get; }

    public EndPoint EndPoint { get; }

    public ConnectionPool Pool { get; }

    public DestinationHealth Health { get; }

    /// <summary>Requests and WebSockets that use it now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    public void Dispose() => Pool.Dispose();
}
