using System.Globalization;
using Causeway.Hosting;

namespace Causeway.Relay;

/// <summary>Keeps a backend's process running as its options say: one task starts it, waits for its end and starts it again.</summary>
internal sealed class BackendProcess : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ProcessOptions _options;
    private readonly ProcessHouse _house;
    private readonly ProcessOrders _orders;
    private readonly ProcessLauncher _launcher;
    private readonly UseClock _clock;
    private readonly CancellationTokenSource _killNow = new();

    private volatile Task _supervision = Task.CompletedTask;
    private volatile RunningProcess? _running;
    private volatile string? _lastEnd;
    private BackendProcess? _predecessor;
    private long _starts;

    /// <param name="name">The backend's name.</param>
    /// <param name="options">The backend's options, which have a process.</param>
    /// <param name="house">What all processes share.</param>
    /// <param name="predecessor">The process of the same name before a reload: it must be gone before this one starts.</param>
    public BackendProcess(string name, BackendOptions options, ProcessHouse house, BackendProcess? predecessor = null)
    {
        Name = name;
        Output = predecessor?.Output ?? new BackendOutput(house.Time);
        _options = options.Process!;
        _house = house;
        _orders = new ProcessOrders(_options, house.Time, Supervise);
        _launcher = new ProcessLauncher(name, options, house, Output);
        _clock = new UseClock(house.Time);
        _predecessor = predecessor;
    }

    public string Name { get; }

    /// <summary>What it prints.</summary>
    public BackendOutput Output { get; }

    public bool IsReady => _orders.State == ProcessState.Ready;

    /// <summary>Everything about it at this moment.</summary>
    public ProcessInfo Info
    {
        get
        {
            var running = _running;
            return new ProcessInfo
            {
                State = _orders.State,
                IsHeld = _orders.IsHeld,
                ProcessId = running?.Child.ProcessId,
                StartedAt = running?.Child.StartedAt,
                Starts = Volatile.Read(ref _starts),
                Failures = _orders.Failures,
                LastEnd = _lastEnd,
                NextStartAt = _orders.NextStartAt,
                Uses = _clock.Uses,
                Start = _options.Start,
                Command = [.. _options.Command],
            };
        }
    }

    /// <summary>Counts a request or WebSocket that uses the process, so that it is not idle. Take it before <see cref="EnsureReadyAsync"/>.</summary>
    public ProcessUse Use() => _clock.Enter();

    /// <summary>Starts the process where it does not run, and waits until it is ready. All who wait share one start.</summary>
    /// <param name="cancellationToken">Ends this caller's waiting, not the start.</param>
    /// <returns>Null once it is ready; else why it is not.</returns>
    public ValueTask<BackendFailure?> EnsureReadyAsync(CancellationToken cancellationToken)
    {
        _clock.Touch();
        return IsReady ? ValueTask.FromResult<BackendFailure?>(null) : _orders.AskAsync(cancellationToken);
    }

    /// <summary>Starts it with the service, where it is configured so.</summary>
    public void Activate() => _orders.Activate();

    /// <summary>An operator wants it to run: what was before is forgiven, and nothing waits.</summary>
    public void Start()
    {
        _clock.Touch();
        _orders.Start();
    }

    /// <summary>An operator wants it not to run: until <see cref="Start"/>, requests are refused.</summary>
    public void Stop()
    {
        if (_orders.End(BackendFailure.Held, hold: true))
        {
            _house.Logger.BackendStopping(Name, "an operator asked for it");
        }
    }

    /// <summary>An operator wants it to run afresh.</summary>
    public void Restart()
    {
        _clock.Touch();
        if (_orders.Restart())
        {
            _house.Logger.BackendStopping(Name, "an operator asked for a restart");
        }
        else
        {
            _orders.Start();
        }
    }

    /// <summary>Waits until nobody uses it, then stops it for good.</summary>
    /// <param name="cancellationToken">Waits no longer, and kills what still runs.</param>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        while (_clock.Uses > 0 && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Pause, _house.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops it for good, whoever uses it.</summary>
    /// <param name="cancellationToken">Kills at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await using var cut = cancellationToken.Register(_killNow.Cancel).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Stops it for good; it has its configured time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_orders.End(BackendFailure.Closing, close: true))
        {
            _house.Logger.BackendStopping(Name, "it is no longer needed");
        }

        await _supervision.ConfigureAwait(false);
        _house.Forget(this);
        _launcher.Dispose();
    }

    /// <summary>Away from the lock that this is called under, and from the request that asked: what it logs is not that one's.</summary>
    private void Supervise()
    {
        var before = _supervision;
        using (ExecutionContext.SuppressFlow())
        {
            _supervision = Task.Run(() => SuperviseAsync(before));
        }
    }

    private async Task SuperviseAsync(Task before)
    {
        await before.ConfigureAwait(false);
        try
        {
            while (_orders.Begin() is { } interrupt)
            {
                await LiveAsync(interrupt).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            _house.Logger.SupervisionFailed(Name, exception);
            _ = _running?.Child.StopAsync(TimeSpan.Zero, CancellationToken.None);
            _running = null;
            _orders.Break();
        }
    }

    /// <summary>One life, from its start to the end of the wait after it.</summary>
    private async Task LiveAsync(CancellationToken interrupt)
    {
        if (_predecessor is { } predecessor)
        {
            await predecessor.DisposeAsync().ConfigureAwait(false);
            _predecessor = null;
        }

        var failure = await LaunchAsync(interrupt).ConfigureAwait(false);
        var readyFor = TimeSpan.Zero;
        if (failure is null && _running is { } ready && _orders.Announce())
        {
            readyFor = await StayReadyAsync(ready, interrupt).ConfigureAwait(false);
        }

        // Asked to end: by an operator, by the service, or since nobody uses it.
        var isAsked = interrupt.IsCancellationRequested || _orders.State == ProcessState.Stopping;
        var exit = _running is { } running ? await EndAsync(running, isAsked || failure is not null).ConfigureAwait(false) : (ChildExit?)null;

        // One that goes by itself and well had nothing to do: the next request starts it.
        var isDone = failure is null && exit is { Code: 0 } && _options.Start == ProcessStart.OnDemand;
        if (!isAsked && !isDone)
        {
            await BackOffAsync(failure, readyFor, interrupt).ConfigureAwait(false);
        }
    }

    private async Task<LaunchFailure?> LaunchAsync(CancellationToken interrupt)
    {
        try
        {
            return await _launcher.LaunchAsync(Note, interrupt).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            return null;
        }

        void Note(RunningProcess running)
        {
            _running = running;
            Interlocked.Increment(ref _starts);
        }
    }

    /// <summary>Waits for the end, an order to end, or for nobody to use it; how long it was ready.</summary>
    private async Task<TimeSpan> StayReadyAsync(RunningProcess running, CancellationToken interrupt)
    {
        var since = _house.Time.GetTimestamp();
        _clock.Touch();
        while (!running.HasExited && !interrupt.IsCancellationRequested)
        {
            if (_orders.TryStopIdle(_clock, out var left))
            {
                _house.Logger.BackendStopping(Name, string.Create(CultureInfo.InvariantCulture, $"nobody used it for {_options.IdleStopSeconds} s"));
                break;
            }

            using var wake = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
            await Task.WhenAny(running.Child.Exited, Task.Delay(left, _house.Time, wake.Token)).ConfigureAwait(false);
            await wake.CancelAsync().ConfigureAwait(false);
        }

        var readyFor = _house.Time.GetElapsedTime(since);
        if (running.HasExited && !interrupt.IsCancellationRequested)
        {
            _house.Logger.BackendEnded(Name, await running.EndAsync().ConfigureAwait(false), Math.Round(readyFor.TotalSeconds, 3), running.LastLine);
        }

        return readyFor;
    }

    private async Task<ChildExit> EndAsync(RunningProcess running, bool ask)
    {
        _orders.Ending();
        if (ask)
        {
            await running.Child.StopAsync(TimeSpan.FromSeconds(_options.StopSeconds), _killNow.Token).ConfigureAwait(false);
        }

        var exit = await running.EndAsync().ConfigureAwait(false);
        _running = null;
        Note(exit.ToString());
        return exit;
    }

    /// <summary>Waits until the next start may come or an operator acts.</summary>
    private async Task BackOffAsync(LaunchFailure? failure, TimeSpan readyFor, CancellationToken interrupt)
    {
        if (failure?.Reason is { } reason)
        {
            Note(reason);
        }

        if (_orders.BackOff(failure?.Told, readyFor, interrupt) is not { } wait)
        {
            return;
        }

        _house.Metrics.CountFailure(Name);
        if (_orders.State == ProcessState.CrashLooping)
        {
            _house.Logger.BackendCrashLoops(Name, _orders.Failures, Math.Round(wait.TotalSeconds, 1));
        }
        else
        {
            _house.Logger.BackendBacksOff(Name, Math.Round(wait.TotalSeconds, 1));
        }

        await Task.Delay(wait, _house.Time, interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Note(string end)
    {
        _lastEnd = end;
        Output.Add(OutputSource.Service, end);
    }
}
