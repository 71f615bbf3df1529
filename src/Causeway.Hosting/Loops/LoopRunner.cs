using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Runs one loop, one iteration at a time, until it is disposed.</summary>
internal sealed class LoopRunner : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly LoopRegistration _loop;
    private readonly LoopIteration _iteration;
    private readonly LoopMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LoopStatus _status;
    private bool _runAsked;
    private bool _isRunning;
    private bool _isStuck;
    private bool _hasFailed;
    private bool _hasStarted;
    private int _disposed;

    public LoopRunner(LoopRegistration loop, IServiceProvider services, LoopMetrics metrics, TimeProvider time, ILogger logger, Func<double>? random = null)
    {
        (_loop, _metrics, _time, _logger) = (loop, metrics, time, logger);
        _iteration = new LoopIteration(loop, services, time, logger);
        _backoff = new Backoff(loop.Options.RetryMin, loop.Options.RetryMax, random);
        _status = new LoopStatus
        {
            Name = loop.Name,
            State = LoopState.Stopped,
            IsPaused = false,
            IsCritical = loop.Options.Critical,
            Interval = loop.Interval,
            Deadline = loop.Options.Deadline,
            LastRunAt = null,
            LastDuration = null,
            LastSuccessAt = null,
            NextRunAt = null,
            Runs = 0,
            Failures = 0,
            FailuresInRow = 0,
            LeftBehind = 0,
            LastError = null,
        };
    }

    /// <summary>Faults when the loop is critical and gave up; whoever hosts it awaits it, so no error is lost.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    public LoopStatus Status
    {
        get
        {
            lock (_gate)
            {
                return _status with { State = StateNow(), NextRunAt = NextRunAt(), LeftBehind = _iteration.LeftBehind };
            }
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            _hasStarted = true;
            _status = _status with { NextRunAt = _time.GetUtcNow() + (_loop.Options.RunAtStart ? TimeSpan.Zero : _loop.Interval) };
        }

        Completion = RunAsync(_stop.Token);
    }

    /// <summary>Asks for an iteration now, or right after the one that runs; also while paused.</summary>
    /// <returns>False when the loop is dead or stopped.</returns>
    public bool TryRun() => TryChange(() => _runAsked = true);

    /// <summary>Plans no more iterations; one that runs goes on.</summary>
    public bool TryPause() => TryChange(() => _status = _status with { IsPaused = true });

    /// <summary>Goes on with the plan: at once when a turn was missed.</summary>
    public bool TryResume() => TryChange(() => _status = _status with { IsPaused = false });

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (await WaitForTurnAsync(stop).ConfigureAwait(false))
        {
            var started = _time.GetTimestamp();
            var (outcome, error) = await _iteration.RunAsync(stop).ConfigureAwait(false);
            Note(outcome, error, _time.GetElapsedTime(started));
            if (_hasFailed)
            {
                _logger.LoopGaveUp(_loop.Name, _status.FailuresInRow);
                throw new LoopFailedException(_loop.Name, error);
            }
        }
    }

    /// <summary>Sleeps until the plan or somebody wants an iteration; false when the loop is to end.</summary>
    private async Task<bool> WaitForTurnAsync(CancellationToken stop)
    {
        var hasSlept = false;
        while (!stop.IsCancellationRequested)
        {
            Task woken;
            TimeSpan wait;
            lock (_gate)
            {
                // Taken before the count is read: an iteration that comes back in between is not missed.
                var cameBack = _iteration.CameBack;
                _isStuck = _iteration.LeftBehind >= LoopIteration.MaxLeftBehind;
                wait = _isStuck || _status.IsPaused ? Timeout.InfiniteTimeSpan : WholeMilliseconds(_status.NextRunAt!.Value - _time.GetUtcNow());
                if (!_isStuck && (_runAsked || wait == TimeSpan.Zero || (hasSlept && !_status.IsPaused)))
                {
                    (_runAsked, _isRunning) = (false, true);
                    _status = _status with { LastRunAt = _time.GetUtcNow() };
                    return true;
                }

                woken = _isStuck ? Task.WhenAny(_woken.Task, cameBack) : _woken.Task;
            }

            await woken.WaitAsync(wait, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // The plan is by the calendar, and a clock that was set back meanwhile must not put the turn off.
            hasSlept = wait != Timeout.InfiniteTimeSpan && !woken.IsCompleted;
        }

        return false;
    }

    private void Note(LoopOutcome outcome, string? error, TimeSpan took)
    {
        lock (_gate)
        {
            _isRunning = false;
            if (outcome == LoopOutcome.Stopped)
            {
                return;
            }

            var now = _time.GetUtcNow();
            var isGood = outcome == LoopOutcome.Succeeded;
            var failures = isGood ? 0 : _status.FailuresInRow + 1;
            _status = _status with
            {
                LastDuration = took,
                LastSuccessAt = isGood ? now : _status.LastSuccessAt,
                Runs = _status.Runs + 1,
                Failures = _status.Failures + (isGood ? 0 : 1),
                FailuresInRow = failures,
                LastError = error,
                NextRunAt = isGood ? Max(_status.LastRunAt!.Value + _loop.Interval, now) : now + _backoff.After(failures),
            };
            _hasFailed = _loop.Options.Critical && failures >= _loop.Options.MaxFailures;
        }

        _metrics.Count(_loop.Name, outcome);
    }

    private bool TryChange(Action change)
    {
        lock (_gate)
        {
            if (_hasFailed || !_hasStarted || _stop.IsCancellationRequested)
            {
                return false;
            }

            change();
            _woken.SetResult();
            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    private LoopState StateNow() =>
        _hasFailed ? LoopState.Failed
        : !_hasStarted || _disposed != 0 ? LoopState.Stopped
        : _isRunning ? LoopState.Running
        : _isStuck ? LoopState.Stuck
        : _status.IsPaused ? LoopState.Paused
        : _status.FailuresInRow > 0 ? LoopState.BackingOff
        : LoopState.Waiting;

    private DateTimeOffset? NextRunAt() => StateNow() is LoopState.Waiting or LoopState.BackingOff ? _status.NextRunAt : null;

    /// <summary>Timers count whole milliseconds and cut off the rest: rounded up, so that they don't fire too early.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan span) => TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, span.TotalMilliseconds)));

    private static DateTimeOffset Max(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
