using Causeway.Hosting;
using Causeway.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>A backend in use: its addresses with their health, its process if it has one, and the connections to it.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly TaskCompletionSource _unused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Balancer _balancer;
    private readonly HealthProbes? _probes;
    private Dependency? _dependency;
    private int _users = 1;
    private int _retired;

    public Backend(string name, BackendOptions options, TimeProvider time, ILogger logger)
    {
        Name = name;
        Options = options;
        Destinations = [.. Enumerable.Range(0, options.Urls.Count).Select(index => new Destination(name, index, options, time, logger))];
        WebSockets = new WebSocketQuota(options.MaxWebSockets);
        _balancer = new Balancer(Destinations, options.Balance);
        _probes = options.Health is { } health ? new HealthProbes(this, health, time) : null;
    }

    public string Name { get; }

    public BackendOptions Options { get; }

    /// <summary>Its addresses, in the order of the configuration.</summary>
    public IReadOnlyList<Destination> Destinations { get; }

    /// <summary>The places for WebSockets.</summary>
    public WebSocketQuota WebSockets { get; }

    /// <summary>The process; null where somebody else runs the backend.</summary>
    public BackendProcess? Process { get; init; }

    /// <summary>The answers to relayed requests.</summary>
    public AnswerCounts Answers { get; } = new();

    /// <summary>Begins to probe, where it is to be probed.</summary>
    public void Start() => _probes?.Start();

    /// <summary>Tells <c>/ready</c> how it is, where it is probed.</summary>
    public void Watch(Dependencies dependencies)
    {
        if (_probes is not null)
        {
            _dependency = dependencies.Add($"backend {Name}", probe: null);
        }
    }

    /// <summary>Tells no more: it is no longer configured.</summary>
    public void Unwatch() => _ = Interlocked.Exchange(ref _dependency, null)?.DisposeAsync().AsTask();

    /// <summary>A round of probes is over.</summary>
    public void Report()
    {
        var down = Destinations.Count(static destination => !destination.Health.IsUp);
        _dependency?.Report(
            down == 0 ? DependencyState.Available : down < Destinations.Count ? DependencyState.Degraded : DependencyState.Unavailable,
            down == 0 ? null : $"{down} of {Destinations.Count} addresses are down");
    }

    /// <summary>Gets an address to use, once the process is ready. The lease is the caller's to dispose, when the request or WebSocket has ended.</summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public ValueTask<Acquired> AcquireAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Process is { } process ? AcquireAsync(process, cancellationToken) : ValueTask.FromResult(Lease(null));
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

    public async ValueTask DisposeAsync()
    {
        if (_probes is not null)
        {
            await _probes.DisposeAsync().ConfigureAwait(false);
        }

        if (Process is not null)
        {
            await Process.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var destination in Destinations)
        {
            destination.Dispose();
        }
    }

    private async ValueTask<Acquired> AcquireAsync(BackendProcess process, CancellationToken cancellationToken)
    {
        // Counted before it is asked for, so that it isn't stopped as idle in between.
        var use = process.Use();
        try
        {
            if (!process.IsReady)
            {
                if (await process.EnsureReadyAsync(cancellationToken).ConfigureAwait(false) is { } failure)
                {
                    return new Acquired(null, failure.ToError(Name));
                }

                // What was known of its addresses was known of another process.
                foreach (var destination in Destinations)
                {
                    destination.Health.Forget();
                }
            }

            var acquired = Lease(use);
            use = acquired.Lease is null ? use : null;
            return acquired;
        }
        finally
        {
            use?.Dispose();
        }
    }

    private Acquired Lease(ProcessUse? use)
    {
        if (_balancer.Next() is not { } destination)
        {
            return new Acquired(null, BackendErrors.AllDown(Name, TimeSpan.FromSeconds(Options.Health?.Seconds ?? 1)));
        }

        Interlocked.Increment(ref _users);
        return new Acquired(new BackendLease(this, destination, use), null);
    }
}
