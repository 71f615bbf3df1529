using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>Follows one source's file for all its readers: the only place that decides what the file is and how far its lines go. Works only while there are readers.</summary>
internal sealed class Tail : IAsyncDisposable
{
    /// <summary>How long contents stay known after their last reader left or after they were passed, so that whoever comes back can go on in them.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly LiveRing _ring = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Contents _contents;
    private readonly StreamSource _source;
    private readonly FileFollower _follower;
    private readonly StreamsMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _forget;
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _hint = NewSignal();
    private TaskCompletionSource _passed = NewSignal();
    private TaskCompletionSource _nextPassed = NewSignal();
    private Task _loop = Task.CompletedTask;
    private bool _isRunning;
    private bool _hasFailed;
    private int _readers;
    private long _lastSignal;

    public Tail(StreamSource source, StreamsMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_source, _metrics, _time, _logger) = (source, metrics, time, logger);
        _contents = new Contents(time, Memory);
        _follower = new FileFollower(source, _gate, _contents, _ring, SignalChange, metrics, time, logger);
        _forget = time.CreateTimer(static state => ((Tail)state!).Forget(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Readers => Volatile.Read(ref _readers);

    /// <summary>Adds a reader, and looks at the file afresh.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        Task fresh;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
            _readers++;
            _forget.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            fresh = _nextPassed.Task;
            if (!_isRunning)
            {
                if (_hasFailed)
                {
                    _nextPassed = NewSignal();
                    fresh = _nextPassed.Task;
                }

                (_isRunning, _hasFailed) = (true, false);
                _loop = Task.Run(RunAsync, CancellationToken.None);
            }
        }

        _metrics.AddReader(1);
        Nudge();
        try
        {
            await fresh.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(default);
            throw;
        }
    }

    /// <summary>Removes a reader.</summary>
    public void Leave(Place place)
    {
        lock (_gate)
        {
            Contents.Leave(place.Content);
            if (--_readers == 0 && !_stop.IsCancellationRequested)
            {
                _forget.Change(Memory, Timeout.InfiniteTimeSpan);
            }
        }

        _metrics.AddReader(-1);
        Nudge();
    }

    /// <summary>The place where a new reader begins.</summary>
    public Place Begin(StreamStart start)
    {
        lock (_gate)
        {
            return _contents.Current is { } content ? Enter(content, start == StreamStart.End ? content.Complete : 0) : default;
        }
    }

    /// <summary>The place that an id stands for, entered; or why there is none.</summary>
    public Place? Resume(EventId id, out string? refusal)
    {
        lock (_gate)
        {
            return _contents.Find(id, _ring, out refusal) is { } content ? Enter(content, id.Offset) : null;
        }
    }

    /// <summary>Whether the source is complete at this place.</summary>
    public bool IsEnd(Place place)
    {
        lock (_gate)
        {
            if (place.Content is not { } content)
            {
                return false;
            }

            if (content.EndsAt is not null || content.IsLost)
            {
                return place.Offset >= content.EndsAt;
            }
        }

        using var scanner = new LineScanner(_source.Options);
        return scanner.IsTerminal(place.Content, place.Offset);
    }

    /// <summary>What is at a place. Moves it where the content changed.</summary>
    public Glance Look(ref Place place)
    {
        lock (_gate)
        {
            var changed = _changed.Task;
            if (_hasFailed)
            {
                return new Glance(Sight.Failed, changed);
            }

            if (place.Content is not { } content)
            {
                if (_contents.Current is not { } current)
                {
                    return new Glance(Sight.NoFile, changed);
                }

                place = Enter(current, 0);
                return new Glance(Sight.Began, changed);
            }

            if (_ring.Find(content, place.Offset) is { } batch)
            {
                return new Glance(Sight.Live, changed, batch);
            }

            if (place.Offset == content.EndsAt)
            {
                return new Glance(Sight.Ended, changed);
            }

            if (place.Offset < content.Complete && !content.IsLost)
            {
                return new Glance(Sight.Behind, changed, Mark: content.Mark);
            }

            if (content.Next is { } next)
            {
                var missed = content.Complete - place.Offset;
                Contents.Leave(content);
                place = Enter(next, 0);
                return new Glance(Sight.Passed, changed, Missed: missed);
            }

            return new Glance(content.Ending is not null || _follower.IsMissing ? Sight.NoFile : Sight.Quiet, changed);
        }
    }

    /// <summary>A reader found other bytes than it should have: the next look knows why.</summary>
    public void Suspect(Generation content)
    {
        lock (_gate)
        {
            content.IsLost |= content.Ending is not null;
        }

        Nudge();
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stop.Cancel();
        }

        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _forget.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _contents.Clear();
        }

        _follower.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Place Enter(Generation content, long offset)
    {
        content.Uses++;
        return new Place(content, offset);
    }

    private void Nudge() => Volatile.Read(ref _hint).TrySetResult();

    private async Task RunAsync()
    {
        using var watch = new FileWatch(_source.Path, Nudge, _source.Name, _logger);
        _metrics.AddTail(1);
        try
        {
            while (true)
            {
                watch.TryStart();
                Volatile.Write(ref _hint, NewSignal());
                var passed = BeginPass();
                _follower.Pass();
                EndPass(passed);
                lock (_gate)
                {
                    if (_readers == 0 || _stop.IsCancellationRequested)
                    {
                        _isRunning = false;
                        break;
                    }
                }

                // A short rest after a hint: what is written in quick succession is read together.
                await _hint.Task.WaitAsync(Poll, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_hint.Task.IsCompleted)
                {
                    await Task.Delay(Gap, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        catch (Exception exception)
        {
            _logger.FollowingFailed(_source.Name, exception);
            lock (_gate)
            {
                (_isRunning, _hasFailed) = (false, true);
                _contents.Clear();
                _ring.Clear();
                _passed.TrySetResult();
                _nextPassed.TrySetResult();
            }

            SignalChange();
        }

        if (_stop.IsCancellationRequested)
        {
            _nextPassed.TrySetResult();
        }

        _metrics.AddTail(-1);
    }

    // Whoever joins waits for a pass that begins after that.
    private TaskCompletionSource BeginPass()
    {
        lock (_gate)
        {
            (_passed, _nextPassed) = (_nextPassed, NewSignal());
            return _passed;
        }
    }

    private void EndPass(TaskCompletionSource passed)
    {
        passed.TrySetResult();
        if (_time.GetElapsedTime(_lastSignal) >= Tick)
        {
            SignalChange();
        }
    }

    private void SignalChange()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (changed, _changed) = (_changed, NewSignal());
            _lastSignal = _time.GetTimestamp();
        }

        changed.TrySetResult();
    }

    private void Forget()
    {
        lock (_gate)
        {
            if (_readers == 0 && !_isRunning)
            {
                _contents.Clear();
                _ring.Clear();
            }
        }
    }
}
