using Causeway.Http;

namespace Causeway.Relay;

/// <summary>The use of one address of a backend by one request or WebSocket; counts as in flight until it is disposed.</summary>
internal sealed class BackendLease : IDisposable
{
    private int _disposed;

    public BackendLease(Backend backend, Destination destination)
    {
        Backend = backend;
        Destination = destination;
        destination.Enter();
    }

    public Backend Backend { get; }

    public Destination Destination { get; private set; }

    /// <summary>Goes over to another address.</summary>
    public void MoveTo(Destination destination)
    {
        Destination.Leave();
        Destination = destination;
        destination.Enter();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Destination.Leave();
            Backend.Leave();
        }
    }
}

/// <summary>A lease, or why there is none.</summary>
internal readonly record struct Acquired(BackendLease? Lease, ApiError? Error);
