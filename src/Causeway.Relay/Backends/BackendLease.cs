using Causeway.Http;

namespace Causeway.Relay;

/// <summary>The use of one address of a backend by one request or WebSocket; counts as in flight until it is disposed.</summary>
internal sealed class BackendLease : IDisposable
{
    private readonly ProcessUse? _use;
    private int _disposed;
    private int _moves;

    public BackendLease(Backend backend, Destination destination, ProcessUse? use = null)
    {
        _use = use;
        Backend = backend;
        Destination = destination;
        destination.Enter();
    }

    public Backend Backend { get; }

    public Destination Destination { get; private set; }

    /// <summary>Goes over to the next address that may be tried; false where there is none, or each had its turn.</summary>
    public bool TryMoveOn()
    {
        _moves++;
        if (_moves >= Backend.Destinations.Count)
        {
            return false;
        }

        // In order from here, so that no address is tried twice.
        var next = Backend.Destinations[(Destination.Index + 1) % Backend.Destinations.Count];
        Destination.Leave();
        Destination = next;
        next.Enter();
        return true;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Destination.Leave();
            _use?.Dispose();
            Backend.Leave();
        }
    }
}

/// <summary>A lease, or why there is none.</summary>
internal readonly record struct Acquired(BackendLease? Lease, ApiError? Error);
