using System.Diagnostics.CodeAnalysis;

namespace Causeway.Relay;

/// <summary>What is wanted of a process, what it is doing, and who waits for it. Every change is made here, under one lock.</summary>
/// <param name="options">The process's options.</param>
/// <param name="time">The clock.</param>
/// <param name="supervise">Begins the supervision, which goes on until <see cref="Begin"/> gives null; called under the lock.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no handle, and a late order must not throw.")]
internal sealed class ProcessOrders(ProcessOptions options, TimeProvider time, Action supervise)
{
    private readonly Lock _gate = new();
    private readonly RestartBackOff _backOff = new(options.Restart);
    private volatile ProcessState _state;
    private volatile bool _isHeld;
    private bool _isClosed;
    private bool _isWanted;
    private TaskCompletionSource<BackendFailure?>? _waiters;
    private CancellationTokenSource _interrupt = new();
    private DateTimeOffset _nextStart;

    public ProcessState State => _state;

    public bool IsHeld => _isHeld;

    public int Failures => _backOff.Failures;

    /// <summary>When the next start may come; null where nothing waits.</summary>
    public DateTimeOffset? NextStartAt
    {
        get
        {
            lock (_gate)
            {
                return IsWaiting ? _nextStart : null;
            }
        }
    }

    private bool IsWaiting => _state is ProcessState.BackingOff or ProcessState.CrashLooping;

    private bool Runs => _state is ProcessState.Ready or ProcessState.Starting;

    private TimeSpan Left => _nextStart - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>A request wants it: null once it is ready, else why it is not.</summary>
    public ValueTask<BackendFailure?> AskAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _state == ProcessState.Ready ? ValueTask.FromResult<BackendFailure?>(null)
                : Refusal() is { } refusal ? ValueTask.FromResult<BackendFailure?>(refusal)
                : new ValueTask<BackendFailure?>(Want().WaitAsync(cancellationToken));
        }
    }

    /// <summary>The service has started.</summary>
    public void Activate()
    {
        lock (_gate)
        {
            if (options.Start == ProcessStart.Always && !_isHeld && !_isClosed && _state == ProcessState.Stopped)
            {
                _ = Want();
            }
        }
    }

    /// <summary>An operator wants it to run.</summary>
    public void Start()
    {
        CancellationTokenSource? wait = null;
        lock (_gate)
        {
            _isHeld = false;
            if (!_isClosed && !Runs)
            {
                _backOff.Reset();
                wait = IsWaiting ? _interrupt : null;
                _ = Want();
            }
        }

        wait?.Cancel();
    }

    /// <summary>An operator wants it to run afresh; false where it does not run.</summary>
    public bool Restart()
    {
        CancellationTokenSource interrupt;
        lock (_gate)
        {
            if (!Runs || _isClosed)
            {
                return false;
            }

            _backOff.Reset();
            _state = ProcessState.Stopping;
            interrupt = _interrupt;
            _ = Want();
        }

        interrupt.Cancel();
        return true;
    }

    /// <summary>It is to end, and those who wait are told why.</summary>
    /// <param name="told">Why.</param>
    /// <param name="hold">Until an operator starts it.</param>
    /// <param name="close">For good.</param>
    /// <returns>Whether it runs and is being stopped by this.</returns>
    public bool End(BackendFailure told, bool hold = false, bool close = false)
    {
        TaskCompletionSource<BackendFailure?>? waiters;
        CancellationTokenSource interrupt;
        bool runs;
        lock (_gate)
        {
            _isHeld |= hold;
            _isClosed |= close;
            _isWanted = false;
            (waiters, _waiters) = (_waiters, null);
            interrupt = _interrupt;
            runs = Runs;
            _state = runs ? ProcessState.Stopping : _state;
        }

        waiters?.TrySetResult(told);
        interrupt.Cancel();
        return runs;
    }

    /// <summary>Takes up the next start; its token is cancelled when the process is to end. Null where none is wanted: the supervision ends.</summary>
    public CancellationToken? Begin()
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

    /// <summary>It answers, and those who wait go on; false where its end was asked for in this very moment.</summary>
    public bool Announce()
    {
        TaskCompletionSource<BackendFailure?>? waiters;
        lock (_gate)
        {
            if (_state != ProcessState.Starting)
            {
                return false;
            }

            _state = ProcessState.Ready;
            (waiters, _waiters, _isWanted) = (_waiters, null, false);
        }

        waiters?.TrySetResult(null);
        return true;
    }

    /// <summary>Stops it where nobody used it for its time.</summary>
    /// <param name="clock">Who uses it.</param>
    /// <param name="left">The time until to look again; infinite where it never stops.</param>
    public bool TryStopIdle(UseClock clock, out TimeSpan left)
    {
        left = Timeout.InfiniteTimeSpan;
        if (options.IdleStopSeconds <= 0 || options.Start == ProcessStart.Always)
        {
            return false;
        }

        lock (_gate)
        {
            left = TimeSpan.FromSeconds(options.IdleStopSeconds) - clock.Unused;
            if (left > TimeSpan.Zero || _state != ProcessState.Ready)
            {
                left = left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(10);
                return false;
            }

            _state = ProcessState.Stopping;
            return true;
        }
    }

    /// <summary>It is ending, by itself or not.</summary>
    public void Ending()
    {
        lock (_gate)
        {
            _state = ProcessState.Stopping;
        }
    }

    /// <summary>It ended by itself or never got ready: how long the next start waits; null where its end is wanted anyway.</summary>
    /// <param name="told">What those who wait are told; null where nobody waited for this start.</param>
    /// <param name="readyFor">How long it was ready.</param>
    /// <param name="interrupt">The life's token.</param>
    public TimeSpan? BackOff(Func<TimeSpan, BackendFailure>? told, TimeSpan readyFor, CancellationToken interrupt)
    {
        TimeSpan wait;
        TaskCompletionSource<BackendFailure?>? waiters = null;
        lock (_gate)
        {
            if (_isHeld || _isClosed || interrupt.IsCancellationRequested)
            {
                return null;
            }

            wait = _backOff.Next(readyFor);
            _nextStart = time.GetUtcNow() + wait;
            _state = _backOff.IsCrashLoop ? ProcessState.CrashLooping : ProcessState.BackingOff;
            told ??= _backOff.IsCrashLoop ? BackendFailure.CrashLooping : null;
            if (told is not null)
            {
                (waiters, _waiters, _isWanted) = (_waiters, null, false);
            }

            _isWanted |= options.Start == ProcessStart.Always;
        }

        waiters?.TrySetResult(told!(wait));
        return wait;
    }

    /// <summary>The supervision broke: nothing runs, and those who wait are told.</summary>
    public void Break()
    {
        TaskCompletionSource<BackendFailure?>? waiters;
        lock (_gate)
        {
            _state = ProcessState.Stopped;
            (waiters, _waiters, _isWanted) = (_waiters, null, false);
        }

        waiters?.TrySetResult(BackendFailure.NotStarted(TimeSpan.FromSeconds(options.Restart.MaxSeconds)));
    }

    /// <summary>Why a request can't even wait.</summary>
    private BackendFailure? Refusal() =>
        _isClosed ? BackendFailure.Closing
        : _isHeld ? BackendFailure.Held
        : _state == ProcessState.CrashLooping ? BackendFailure.CrashLooping(Left)
        : _state == ProcessState.BackingOff && Left.TotalSeconds > options.ReadySeconds ? BackendFailure.BackingOff(Left)
        : null;

    /// <summary>Asks for a start and gives what its outcome will be.</summary>
    private Task<BackendFailure?> Want()
    {
        _isWanted = true;
        _waiters ??= new TaskCompletionSource<BackendFailure?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_state == ProcessState.Stopped)
        {
            _state = ProcessState.Starting;
            supervise();
        }

        return _waiters.Task;
    }
}
