using System.Globalization;
using Causeway.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Keeps a backend's process running as its options say: one task starts it, waits for its end and starts it again.</summary>
internal sealed class BackendProcess : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly ProcessOptions _options;
    private readonly ProcessHouse _house;
    private readonly ProcessLauncher _launcher;
    private readonly RestartBackOff _backOff;
    private readonly UseClock _clock;
    private readonly CancellationTokenSource _killNow = new();

    private volatile ProcessState _state;
    private bool _isHeld;
    private bool _isClosed;
    private bool _isWanted;
    private TaskCompletionSource<BackendFailure?>? _waiters;
    private CancellationTokenSource _interrupt = new();
    private Task _supervision = Task.CompletedTask;
    private BackendProcess? _predecessor;
    private RunningProcess? _running;
    private string? _lastEnd;
    private long _starts;
    private DateTimeOffset _nextStart;

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
        _launcher = new ProcessLauncher(name, options, house, Output);
        _backOff = new RestartBackOff(_options.Restart);
        _clock = new UseClock(house.Time);
        _predecessor = predecessor;
    }

    public string Name { get; }

    /// <summary>What it prints.</summary>
    public BackendOutput Output { get; }

    public bool IsReady => _state == ProcessState.Ready;

    /// <summary>Everything about it at this moment.</summary>
    public ProcessInfo Info
    {
        get
        {
            lock (_gate)
            {
                return new ProcessInfo
                {
                    State = _state,
                    IsHeld = _isHeld,
                    ProcessId = _running?.Child.ProcessId,
                    StartedAt = _running?.Child.StartedAt,
                    Starts = _starts,
                    Failures = _backOff.Failures,
                    LastEnd = _lastEnd,
                    NextStartAt = IsWaiting ? _nextStart : null,
                    Uses = _clock.Uses,
                    Start = _options.Start,
                    Command = [.. _options.Command],
                };
            }
        }
    }

    private bool IsWaiting => _state is ProcessState.BackingOff or ProcessState.CrashLooping;

    private bool Runs => _state is ProcessState.Ready or ProcessState.Starting;

    private TimeSpan Left => _nextStart - _house.Time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Counts a request or WebSocket that uses the process, so that it is not idle. Take it before <see cref="EnsureReadyAsync"/>.</summary>
    public ProcessUse Use() => _clock.Enter();

    /// <summary>Starts the process where it does not run, and waits until it is ready. All who wait share one start.</summary>
    /// <param name="cancellationToken">Ends this caller's waiting, not the start.</param>
    /// <returns>Null once it is ready; else why it is not.</returns>
    public ValueTask<BackendFailure?> EnsureReadyAsync(CancellationToken cancellationToken)
    {
        _clock.Touch();
        if (IsReady)
        {
            return ValueTask.FromResult<BackendFailure?>(null);
        }

        lock (_gate)
        {
            return IsReady ? ValueTask.FromResult<BackendFailure?>(null)
                : Refusal() is { } refusal ? ValueTask.FromResult<BackendFailure?>(refusal)
                : new ValueTask<BackendFailure?>(Want().WaitAsync(cancellationToken));
        }
    }

    /// <summary>Starts it with the service, where it is configured so.</summary>
    public void Activate()
    {
        lock (_gate)
        {
            if (_options.Start == ProcessStart.Always && !_isHeld && !_isClosed && _state == ProcessState.Stopped)
            {
                _ = Want();
            }
        }
    }

    /// <summary>An operator wants it to run: what was before is forgiven, and nothing waits.</summary>
    public void Start()
    {
        CancellationTokenSource? wait = null;
        lock (_gate)
        {
            _isHeld = false;
            _clock.Touch();
            if (!_isClosed && !Runs)
            {
                _backOff.Reset();
                wait = IsWaiting ? _interrupt : null;
                _ = Want();
            }
        }

        wait?.Cancel();
    }

    /// <summary>An operator wants it not to run: until <see cref="Start"/>, requests are refused.</summary>
    public void Stop() => End(BackendFailure.Held, "an operator asked for it", hold: true);

    /// <summary>An operator wants it to run afresh.</summary>
    public void Restart()
    {
        CancellationTokenSource? interrupt = null;
        lock (_gate)
        {
            if (Runs && !_isClosed)
            {
                _backOff.Reset();
                _clock.Touch();
                _state = ProcessState.Stopping;
                interrupt = _interrupt;
                _ = Want();
            }
        }

        if (interrupt is null)
        {
            Start();
            return;
        }

        _house.Logger.BackendStopping(Name, "an operator asked for a restart");
        interrupt.Cancel();
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
        await End(BackendFailure.Closing, "it is no longer needed", close: true).ConfigureAwait(false);
        _launcher.Dispose();
    }

    /// <summary>Tells the waiting, and ends what runs.</summary>
    private Task End(BackendFailure told, string reason, bool hold = false, bool close = false)
    {
        TaskCompletionSource<BackendFailure?>? waiters;
        CancellationTokenSource interrupt;
        Task supervision;
        bool runs;
        lock (_gate)
        {
            _isHeld |= hold;
            _isClosed |= close;
            _isWanted = false;
            (waiters, _waiters) = (_waiters, null);
            (interrupt, supervision) = (_interrupt, _supervision);
            runs = Runs;
            _state = runs ? ProcessState.Stopping : _state;
        }

        if (runs)
        {
            _house.Logger.BackendStopping(Name, reason);
        }

        waiters?.TrySetResult(told);
        interrupt.Cancel();
        return supervision;
    }

    /// <summary>Why a request can't even wait; under the gate.</summary>
    private BackendFailure? Refusal() =>
        _isClosed ? BackendFailure.Closing
        : _isHeld ? BackendFailure.Held
        : _state == ProcessState.CrashLooping ? BackendFailure.CrashLooping(Left)
        : _state == ProcessState.BackingOff && Left.TotalSeconds > _options.ReadySeconds ? BackendFailure.BackingOff(Left)
        : null;

    /// <summary>Asks for a start and gives what its outcome will be; under the gate.</summary>
    private Task<BackendFailure?> Want()
    {
        _isWanted = true;
        _waiters ??= new TaskCompletionSource<BackendFailure?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiters = _waiters.Task;
        if (_state == ProcessState.Stopped)
        {
            _state = ProcessState.Starting;
            _supervision = SuperviseAsync(_supervision);
        }

        return waiters;
    }

    private async Task SuperviseAsync(Task before)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await before.ConfigureAwait(false);
        try
        {
            while (Begin() is { } interrupt)
            {
                await LiveAsync(interrupt).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            _house.Logger.SupervisionFailed(Name, exception);
            if (_running is { } running)
            {
                await running.Child.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            }

            lock (_gate)
            {
                _running = null;
                _state = ProcessState.Stopped;
            }

            Tell(BackendFailure.NotStarted(TimeSpan.FromSeconds(_options.Restart.MaxSeconds)));
        }
    }

    /// <summary>Takes up the next start; null where none is wanted, which ends the supervision.</summary>
    private CancellationToken? Begin()
    {
        lock (_gate)
        {
            if (_isHeld || _isClosed || !_isWanted)
            {
                _state = ProcessState.Stopped;
                return null;
            }

            _isWanted = false;
            _interrupt = new CancellationTokenSource();
            _state = ProcessState.Starting;
            return _interrupt.Token;
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
        var readyFor = failure is null && _running is { } ready && Announce() ? await StayReadyAsync(ready, interrupt).ConfigureAwait(false) : TimeSpan.Zero;

        // Asked to end: by an operator, by the service, or since nobody uses it.
        var isAsked = interrupt.IsCancellationRequested || _state == ProcessState.Stopping;
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
            lock (_gate)
            {
                _running = running;
                _starts++;
            }
        }
    }

    /// <summary>It is ready, unless its end was asked for in this very moment.</summary>
    private bool Announce()
    {
        lock (_gate)
        {
            if (_state != ProcessState.Starting)
            {
                return false;
            }

            _state = ProcessState.Ready;
            _isWanted = false;
        }

        _clock.Touch();
        Tell(null);
        return true;
    }

    /// <summary>Waits for the end, an order to end, or for nobody to use it; how long it was ready.</summary>
    private async Task<TimeSpan> StayReadyAsync(RunningProcess running, CancellationToken interrupt)
    {
        var since = _house.Time.GetTimestamp();
        while (!running.HasExited && !interrupt.IsCancellationRequested && !IsIdle(out var left))
        {
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

    /// <summary>Whether nobody used it for its time; then it is being stopped from now on. Else the time until to look again.</summary>
    private bool IsIdle(out TimeSpan left)
    {
        left = Timeout.InfiniteTimeSpan;
        if (_options.IdleStopSeconds <= 0 || _options.Start == ProcessStart.Always)
        {
            return false;
        }

        lock (_gate)
        {
            left = TimeSpan.FromSeconds(_options.IdleStopSeconds) - _clock.Unused;
            if (left > TimeSpan.Zero || _state != ProcessState.Ready)
            {
                left = left > Pause ? left : Pause;
                return false;
            }

            _state = ProcessState.Stopping;
        }

        _house.Logger.BackendStopping(Name, string.Create(CultureInfo.InvariantCulture, $"nobody used it for {_options.IdleStopSeconds} s"));
        return true;
    }

    private async Task<ChildExit> EndAsync(RunningProcess running, bool ask)
    {
        lock (_gate)
        {
            _state = ProcessState.Stopping;
        }

        if (ask)
        {
            await running.Child.StopAsync(TimeSpan.FromSeconds(_options.StopSeconds), _killNow.Token).ConfigureAwait(false);
        }

        var exit = await running.EndAsync().ConfigureAwait(false);
        Output.Add(OutputSource.Service, exit.ToString());
        lock (_gate)
        {
            _running = null;
            _lastEnd = exit.ToString();
        }

        return exit;
    }

    /// <summary>Tells the waiting, and waits until the next start may come or an operator acts.</summary>
    private async Task BackOffAsync(LaunchFailure? failure, TimeSpan readyFor, CancellationToken interrupt)
    {
        TimeSpan wait;
        TaskCompletionSource<BackendFailure?>? waiters = null;
        lock (_gate)
        {
            if (_isHeld || _isClosed || interrupt.IsCancellationRequested)
            {
                return;
            }

            wait = _backOff.Next(readyFor);
            _nextStart = _house.Time.GetUtcNow() + wait;
            _state = _backOff.IsCrashLoop ? ProcessState.CrashLooping : ProcessState.BackingOff;
            _lastEnd = failure?.Reason ?? _lastEnd;
            if (failure is not null || _backOff.IsCrashLoop)
            {
                (waiters, _waiters, _isWanted) = (_waiters, null, false);
            }

            _isWanted |= _options.Start == ProcessStart.Always;
        }

        _house.Metrics.CountFailure(Name);
        waiters?.TrySetResult(failure is null ? BackendFailure.CrashLooping(wait) : failure.Told(wait));
        if (failure?.Reason is { } reason)
        {
            Output.Add(OutputSource.Service, reason);
        }

        if (_backOff.IsCrashLoop)
        {
            _house.Logger.BackendCrashLoops(Name, _backOff.Failures, Math.Round(wait.TotalSeconds, 1));
        }
        else
        {
            _house.Logger.BackendBacksOff(Name, Math.Round(wait.TotalSeconds, 1));
        }

        await Task.Delay(wait, _house.Time, interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells all who wait for the start that is over.</summary>
    private void Tell(BackendFailure? outcome)
    {
        TaskCompletionSource<BackendFailure?>? waiters;
        lock (_gate)
        {
            (waiters, _waiters) = (_waiters, null);
        }

        waiters?.TrySetResult(outcome);
    }
}
