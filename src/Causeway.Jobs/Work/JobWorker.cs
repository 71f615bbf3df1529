using Causeway.Data;
using Microsoft.Extensions.Logging;

namespace Causeway.Jobs;

/// <summary>
/// Runs this process's part of the jobs. One loop owns all that is in hand; in each turn it writes how tries ended, keeps the leases and takes new jobs, in ONE
/// transaction: so what a commit costs is shared by as many jobs as there are at that moment.
/// </summary>
internal sealed class JobWorker : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Database _database;
    private readonly WorkerTransaction _transaction;
    private readonly JobTry _try;
    private readonly WorkerReport _report;
    private readonly JobsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _begun;
    private readonly CancellationTokenSource _abandon = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The loop's alone.
    private readonly Dictionary<JobKey, RunningJob> _running = [];
    private readonly List<EndedTry> _ends = [];
    private long _nextPoll;
    private long _nextBeat;
    private long _nextProgress;
    private int _failures;
    private bool _endsAreInDoubt;

    // Under the gate: what others tell the loop.
    private readonly Lock _gate = new();
    private readonly WorkerQueues _queues;
    private readonly List<EndedTry> _newEnds = [];
    private readonly List<RunningJob> _reported = [];
    private readonly List<string> _cancels = [];
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _hurried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDraining;
    private bool _handsBack;
    private int _count;
    private Task _loop = Task.CompletedTask;

    public JobWorker(Database database, JobStore store, JobTry jobTry, JobKinds kinds, WorkerReport report, JobsOptions options, TimeProvider time, ILogger logger)
    {
        (_database, _try, _report, _options, _time, _logger) = (database, jobTry, report, options, time, logger);
        _transaction = new WorkerTransaction(store, kinds, options, time);
        _begun = time.GetTimestamp();
        _queues = new WorkerQueues(options, kinds);
        report.Metrics.Running = () => Running;
        report.Metrics.LeftBehind = () => _try.LeftBehind;
    }

    /// <summary>Jobs in hand.</summary>
    public int Running => Volatile.Read(ref _count);

    public void Start()
    {
        if (_options.Workers > 0)
        {
            _loop = Task.Run(RunAsync);
        }
        else
        {
            _idle.TrySetResult();
        }
    }

    /// <summary>Tells that a queue has something to take.</summary>
    public void Wake(string queue)
    {
        lock (_gate)
        {
            if (_queues.Wake(queue))
            {
                _woken.TrySetResult();
            }
        }
    }

    /// <summary>Tells that somebody asked to cancel a running job, wherever it runs.</summary>
    public void Cancel(string id)
    {
        lock (_gate)
        {
            _cancels.Add(id);
            _woken.TrySetResult();
        }
    }

    /// <summary>Takes nothing new from here on.</summary>
    public void StopTaking() => Hurry(() => _isDraining = true);

    /// <summary>Takes nothing new, lets what runs end, and hands back what has not ended when the token is cancelled; its try does not count.</summary>
    /// <returns>How many were handed back.</returns>
    public async Task<int> DrainAsync(CancellationToken cancellationToken)
    {
        StopTaking();
        if (_loop.IsCompleted)
        {
            return _report.HandedBack;
        }

        await _idle.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_idle.Task.IsCompleted)
        {
            Hurry(() => _handsBack = true);

            // What they have to come back, and time for the last transaction.
            await _idle.Task.WaitAsync(_options.CancelGrace + _options.CancelGrace + TimeSpan.FromSeconds(1), _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return _report.HandedBack;
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _abandon.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        while (!_abandon.IsCancellationRequested)
        {
            await SleepAsync().ConfigureAwait(false);
            try
            {
                if (await TurnAsync().ConfigureAwait(false))
                {
                    break;
                }

                if (_failures > 0)
                {
                    _failures = 0;
                    _logger.WorkerRecovered();
                }
            }
            catch (Exception exception) when (!_abandon.IsCancellationRequested)
            {
                if (++_failures == 1)
                {
                    _logger.WorkerStumbled(exception, Math.Round(Pause().TotalSeconds, 1));
                }
            }
            catch (Exception)
            {
                break;
            }
        }

        if (_report.HandedBack > 0)
        {
            _logger.JobsHandedBack(_report.HandedBack);
        }

        if (_ends.Count + _running.Count > 0)
        {
            _logger.EndsNotWritten(_ends.Count + _running.Count);
        }

        _idle.TrySetResult();
    }

    private TimeSpan Pause() => TimeSpan.FromMilliseconds(Math.Min(LongestPause.TotalMilliseconds, 100 * Math.Pow(2, Math.Min(_failures, 20))));

    /// <summary>Sleeps until there is something to do; after a failure, for a while in any case, unless the process is stopping.</summary>
    private async Task SleepAsync()
    {
        Task woken;
        TimeSpan wait;
        lock (_gate)
        {
            _hurried = _hurried.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : _hurried;
            woken = _hurried.Task;
        }

        if (_failures > 0)
        {
            await woken.WaitAsync(Pause(), _time, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        lock (_gate)
        {
            var next = _isDraining ? long.MaxValue : _nextPoll;
            next = _running.Count > 0 ? Math.Min(next, _nextBeat) : next;
            next = _reported.Count > 0 ? Math.Min(next, _nextProgress) : next;
            wait = next == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(0, next - Elapsed()));
            if (wait == TimeSpan.Zero || HasNews())
            {
                return;
            }

            _woken = _woken.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : _woken;
            woken = _woken.Task;
        }

        await woken.WaitAsync(wait, _time, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private bool HasNews() =>
        _newEnds.Count > 0
        || _cancels.Count > 0
        || (_isDraining ? _running.Count == 0 : _queues.CanTake(_running.Count))
        || (_handsBack && _running.Values.Any(static job => job.Reason == StopReason.None));

    /// <summary>One turn. What can't be written stays for the next.</summary>
    /// <returns>Whether it was the last.</returns>
    private async Task<bool> TurnAsync()
    {
        var turn = Begin();
        if (turn.IsEmpty)
        {
            return turn.IsLast;
        }

        var result = new WorkerTurnResult();
        using var limit = new CancellationTokenSource(_options.DatabaseTimeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _abandon.Token);
        try
        {
            // The wait has the limit as well: what hangs may not listen to a token.
            await _database.WriteAsync((unit, token) => _transaction.RunAsync(unit, turn, result, token), stop.Token).WaitAsync(stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _endsAreInDoubt |= exception is DatabaseUnavailableException { MayBeDone: true } or OperationCanceledException;
            PutBack(turn);
            throw;
        }

        Apply(turn, result);
        return false;
    }

    private WorkerTurn Begin()
    {
        var elapsed = Elapsed();
        lock (_gate)
        {
            foreach (var ended in _newEnds)
            {
                _ends.Add(ended);
                _running.Remove(ended.Job.Row.Key);
                ended.Job.Queue.Running--;

                // Of a queue with a limit over all processes there may be more now, though it gave nothing before.
                ended.Job.Queue.MayHaveWork |= ended.Job.Queue.MaxRunning is not null;
            }

            _newEnds.Clear();
            _cancels.ForEach(StopCancelled);
            _cancels.Clear();
            if (_handsBack)
            {
                foreach (var job in _running.Values)
                {
                    job.Stop(StopReason.HandedBack);
                }
            }

            var polls = !_isDraining && elapsed >= _nextPoll;
            IReadOnlyList<(RunningJob Job, JobProgress Progress)> reported = [];
            if (_reported.Count > 0 && elapsed >= _nextProgress)
            {
                // What ended meanwhile is written with its end.
                reported = [.. _reported.Where(job => _running.ContainsKey(job.Row.Key)).Select(static job => (job, job.Progress!))];
                _reported.Clear();
                foreach (var (job, _) in reported)
                {
                    job.HasNews = false;
                }
            }

            Volatile.Write(ref _count, _running.Count);
            return new WorkerTurn
            {
                Ends = [.. _ends],
                Reported = reported,
                Claims = _isDraining ? [] : _queues.Take(_running.Count, polls),
                Held = _running.Count > 0 && elapsed >= _nextBeat ? [.. _running.Values] : [],
                Polls = polls,
                IsLast = _isDraining && _running.Count == 0 && _ends.Count == 0,
            };
        }
    }

    private void PutBack(WorkerTurn turn)
    {
        lock (_gate)
        {
            foreach (var (queue, _) in turn.Claims)
            {
                queue.MayHaveWork = true;
            }

            foreach (var (job, _) in turn.Reported.Where(static report => !report.Job.HasNews))
            {
                job.HasNews = true;
                _reported.Add(job);
            }
        }
    }

    private void Apply(WorkerTurn turn, WorkerTurnResult result)
    {
        var elapsed = Elapsed();
        _nextPoll = result.MayPromoteMore ? elapsed : turn.Polls ? elapsed + (long)_options.PollInterval.TotalMilliseconds : _nextPoll;
        _nextBeat = turn.Held.Count > 0 || _running.Count == 0 ? elapsed + (long)(_options.Lease.TotalMilliseconds / 3) : _nextBeat;
        _nextProgress = turn.Reported.Count > 0 ? elapsed + (long)_options.ProgressInterval.TotalMilliseconds : _nextProgress;
        _ends.RemoveRange(0, turn.Ends.Count);
        foreach (var ended in turn.Ends)
        {
            if (_report.Ended(ended, result.States, _endsAreInDoubt) == JobState.Waiting)
            {
                Wake(ended.Job.Queue.Name);
            }

            ended.Job.Dispose();
        }

        _endsAreInDoubt = false;
        foreach (var lost in result.Lost)
        {
            _report.Rescued(lost, result.LostStates);
        }

        foreach (var job in turn.Held.Where(job => !result.Kept.Contains(job.Row.Key) && !job.IsCompleted))
        {
            job.Stop(StopReason.Lost);
        }

        foreach (var id in result.Cancels)
        {
            StopCancelled(id);
        }

        foreach (var (job, progress) in turn.Reported)
        {
            _report.Progressed(job, progress);
        }

        foreach (var (queue, rows, isFull) in result.Claimed)
        {
            rows.ForEach(row => Take(row, queue));
            if (isFull)
            {
                lock (_gate)
                {
                    queue.MayHaveWork = true;
                }
            }
        }

        Volatile.Write(ref _count, _running.Count);
    }

    private void Take(JobRow row, QueueSlots queue)
    {
        var job = new RunningJob(row, queue) { Reported = NoteReport };
        _running.Add(row.Key, job);
        queue.Running++;
        _report.Taken(row);
        _ = RunOneAsync(job);
    }

    private async Task RunOneAsync(RunningJob job)
    {
        var (end, exception) = await _try.RunAsync(job).ConfigureAwait(false);
        var ended = new EndedTry(job, _transaction.EndingOf(job.Row, end), exception);
        Tell(() => _newEnds.Add(ended));
    }

    private void NoteReport(RunningJob job)
    {
        lock (_gate)
        {
            if (!job.HasNews)
            {
                job.HasNews = true;
                _reported.Add(job);
                _woken.TrySetResult();
            }
        }
    }

    private void StopCancelled(string id)
    {
        foreach (var job in _running.Values)
        {
            if (job.Row.Id == id)
            {
                job.Stop(StopReason.Cancelled);
            }
        }
    }

    private void Tell(Action news)
    {
        lock (_gate)
        {
            news();
            _woken.TrySetResult();
        }
    }

    // What is told so ends the pause after a failure too.
    private void Hurry(Action news) => Tell(() =>
    {
        news();
        _hurried.TrySetResult();
    });

    private long Elapsed() => (long)_time.GetElapsedTime(_begun).TotalMilliseconds;
}
