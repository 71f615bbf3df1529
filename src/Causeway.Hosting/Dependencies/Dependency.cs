using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Something the service uses and can live without, for a while at least: a database replica, a broker, a backend. Safe for use by several threads.</summary>
public sealed class Dependency : IAsyncDisposable
{
    private const string NotYet = "not checked yet";

    private readonly Lock _gate = new();
    private readonly DependencyOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<Dependency, ValueTask> _forget;
    private TaskCompletionSource _available = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _everWorked;
    private int _failures;
    private int _successes;

    internal Dependency(string name, DependencyOptions options, bool isProbed, TimeProvider time, ILogger logger, Func<Dependency, ValueTask> forget)
    {
        (Name, _options, _time, _logger, _forget) = (name, options, time, logger, forget);
        Since = time.GetUtcNow();
        State = isProbed ? options.Required ? DependencyState.Unavailable : DependencyState.Degraded : DependencyState.Available;
        Detail = isProbed ? NotYet : null;
        if (State == DependencyState.Available)
        {
            _everWorked = true;
            _available.SetResult();
        }
    }

    /// <summary>Raised after each change of <see cref="State"/>, on the thread that found it. What a handler throws is logged.</summary>
    public event EventHandler<DependencyChange>? Changed;

    /// <summary>For <c>/ready</c>, metrics and the log.</summary>
    public string Name { get; }

    /// <summary>Whether the service is not ready while this is unavailable.</summary>
    public bool IsRequired => _options.Required;

    /// <summary>How it is. Before the first probe: degraded, or unavailable where it is required.</summary>
    public DependencyState State { get; private set; }

    /// <summary>Whether it is worth a try: available or degraded.</summary>
    public bool IsAvailable => State != DependencyState.Unavailable;

    /// <summary>Why it is as it is, in a few words anybody may read.</summary>
    public string? Detail { get; private set; }

    /// <summary>Since when it is in its state.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>Sets the state from outside, for those who know without a probe, such as a connection that just broke. A later probe may find otherwise.</summary>
    /// <param name="state">How it is.</param>
    /// <param name="detail">Why, for whoever may read <c>/ready</c>: everybody. No addresses, no secrets.</param>
    public void Report(DependencyState state, string? detail = null)
    {
        if (!Enum.IsDefined(state))
        {
            throw new ArgumentOutOfRangeException(nameof(state), state, null);
        }

        DependencyChange? change;
        lock (_gate)
        {
            _failures = state == DependencyState.Unavailable ? _options.FailuresToUnavailable : 0;
            _successes = state == DependencyState.Available ? _options.SuccessesToAvailable : 0;
            change = Set(state, detail);
        }

        Tell(change, null);
    }

    /// <summary>Waits until it is available or degraded.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>Completes at once where it is.</returns>
    public async Task WaitAvailableAsync(CancellationToken cancellationToken)
    {
        while (!IsAvailable || Detail == NotYet)
        {
            Task available;
            lock (_gate)
            {
                available = _available.Task;
            }

            await available.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the probes and takes it out of <c>/ready</c> and the metrics.</summary>
    /// <returns>When the last probe has ended or was left behind.</returns>
    public ValueTask DisposeAsync() => _forget(this);

    /// <summary>Takes the result of one probe.</summary>
    internal void Take(ReadinessResult result, Exception? exception)
    {
        DependencyChange? change;
        lock (_gate)
        {
            if (result.Status == ReadinessStatus.Unavailable)
            {
                (_failures, _successes) = (_failures + 1, 0);
                change = Set(!_everWorked || _failures >= _options.FailuresToUnavailable ? DependencyState.Unavailable : DependencyState.Degraded, result.Detail);
            }
            else
            {
                (_failures, _successes) = (0, _successes + 1);
                var settled = State == DependencyState.Available || !_everWorked || _successes >= _options.SuccessesToAvailable;
                change = Set(result.Status == ReadinessStatus.Ready && settled ? DependencyState.Available : DependencyState.Degraded, result.Detail);
                _everWorked = true;
            }
        }

        Tell(change, exception);
    }

    internal ReadinessResult ToReadiness() => State switch
    {
        DependencyState.Available => ReadinessResult.Ready(Detail),
        DependencyState.Unavailable when IsRequired => ReadinessResult.Unavailable(Detail ?? "unavailable"),
        DependencyState.Unavailable => ReadinessResult.Degraded(Detail is null ? "unavailable" : $"unavailable: {Detail}"),
        _ => ReadinessResult.Degraded(Detail ?? "degraded"),
    };

    private DependencyChange? Set(DependencyState state, string? detail)
    {
        var before = State;
        Detail = detail;
        if (state != DependencyState.Unavailable)
        {
            _available.TrySetResult();
        }
        else if (_available.Task.IsCompleted)
        {
            _available = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (state == before)
        {
            return null;
        }

        (State, Since) = (state, _time.GetUtcNow());
        return new DependencyChange(before, state, detail);
    }

    private void Tell(DependencyChange? change, Exception? exception)
    {
        if (change is null)
        {
            return;
        }

        switch (change.After)
        {
            case DependencyState.Available:
                _logger.DependencyAvailable(Name);
                break;
            case DependencyState.Degraded:
                _logger.DependencyDegraded(Name, change.Detail, exception);
                break;
            default:
                _logger.DependencyUnavailable(Name, change.Detail, exception);
                break;
        }

        try
        {
            Changed?.Invoke(this, change);
        }
        catch (Exception fault)
        {
            _logger.DependencyHandlerFailed(Name, fault);
        }
    }
}
