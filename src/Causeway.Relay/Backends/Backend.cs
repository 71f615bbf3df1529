using Causeway.Http;

namespace Causeway.Relay;

/// <summary>A backend in use: its addresses with their health, its process if it has one, and the connections to it.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly TaskCompletionSource _unused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Balancer _balancer;
    private int _users = 1;
    private int _retired;

    public Backend(string name, BackendOptions options)
    {
        Name = name;
        Options = options;
        Destinations = [.. options.Urls.Select(static (url, index) => new Destination(index, new Uri(url)))];
        _balancer = new Balancer(Destinations, options.Balance);
    }

    public string Name { get; }

    public BackendOptions Options { get; }

    /// <summary>Its addresses, in the order of the configuration.</summary>
    public IReadOnlyList<Destination> Destinations { get; }

    /// <summary>The process; null where somebody else runs the backend.</summary>
    public BackendProcess? Process { get; init; }

    /// <summary>Gets an address to use, once the process is ready. The lease is the caller's to dispose, when the request or WebSocket has ended.</summary>
    public ValueTask<Acquired> AcquireAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _users);
        return ValueTask.FromResult(new Acquired(new BackendLease(this, _balancer.Next()), null));
    }

    /// <summary>A lease has ended.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _unused.TrySetResult();
        }
    }

    /// <summary>Waits for what uses it, then lets go of its connections and its process. For a backend that is no longer configured.</summary>
    public async Task RetireAsync()
    {
        if (Interlocked.Exchange(ref _retired, 1) == 0)
        {
            Leave();
        }

        await _unused.Task.ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
