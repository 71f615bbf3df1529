namespace Causeway.Concurrency;

/// <summary>Runs something once when a burst of reasons for it is over. It never runs twice at a time; a reason that comes while it runs makes it run once more.</summary>
public sealed class Debouncer : IAsyncDisposable
{
    private readonly TimeSpan _quiet;
    private readonly TimeSpan _maxWait;
    private readonly Func<CancellationToken, Task> _action;
    private readonly Action<Exception> _failed;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Reasons? _pending;
    private Task _run = Task.CompletedTask;
    private bool _isRunning;
    private bool _disposed;

    /// <summary>Creates a debouncer; nothing runs before <see cref="Trigger"/>.</summary>
    /// <param name="quiet">How long no new reason must come. Over zero.</param>
    /// <param name="maxWait">How long the first reason waits at most, however many follow; at least <paramref name="quiet"/>.</param>
    /// <param name="action">What to do. Its token is cancelled when the debouncer is disposed.</param>
    /// <param name="failed">Told what <paramref name="action"/> threw; the next trigger runs it again. Must not throw.</param>
    /// <param name="time">Its clock.</param>
    public Debouncer(TimeSpan quiet, TimeSpan maxWait, Func<CancellationToken, Task> action, Action<Exception> failed, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(quiet, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWait, quiet);
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(failed);
        ArgumentNullException.ThrowIfNull(time);
        (_quiet, _maxWait, _action, _failed, _time) = (quiet, maxWait, action, failed, time);
        _timer = time.CreateTimer(static debouncer => ((Debouncer)debouncer!).StartIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether it runs at this moment, its end included: a reason that comes now waits for that.</summary>
    internal bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _isRunning;
            }
        }
    }

    /// <summary>Gives a reason to run. Returns at once; after <see cref="DisposeAsync"/> it does nothing.</summary>
    public void Trigger()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            var now = _time.GetTimestamp();
            _pending = new Reasons(_pending?.First ?? now, now);
            if (!_isRunning)
            {
                ArmTimer();
            }
        }
    }

    /// <summary>Drops what waits; cancels what runs, and awaits it.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            _pending = null;
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void StartIfDue()
    {
        lock (_gate)
        {
            if (_disposed || _isRunning || _pending is null)
            {
                return;
            }

            if (UntilDue(_pending.Value) > TimeSpan.Zero)
            {
                ArmTimer();
                return;
            }

            _pending = null;
            _isRunning = true;
            _run = Task.Run(RunAsync);
        }
    }

    private void ArmTimer() => _timer.Change(UntilDue(_pending!.Value), Timeout.InfiniteTimeSpan);

    private TimeSpan UntilDue(Reasons pending)
    {
        var byQuiet = _quiet - _time.GetElapsedTime(pending.Last);
        var byWait = _maxWait - _time.GetElapsedTime(pending.First);
        var wait = byQuiet < byWait ? byQuiet : byWait;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private async Task RunAsync()
    {
        try
        {
            await _action(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed; nobody asks how it went.
        }
        catch (Exception exception)
        {
            _failed(exception);
        }
        finally
        {
            lock (_gate)
            {
                _isRunning = false;
                if (_pending is not null)
                {
                    ArmTimer();
                }
            }
        }
    }

    /// <summary>When the first and the last reason of a burst came, as timestamps.</summary>
    private readonly record struct Reasons(long First, long Last);
}
