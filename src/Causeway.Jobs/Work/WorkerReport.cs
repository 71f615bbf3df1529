using Microsoft.Extensions.Logging;

namespace Causeway.Jobs;

/// <summary>Tells log, metrics and whoever watches what the worker's transactions made of its jobs, after their commits.</summary>
internal sealed class WorkerReport(JobKinds kinds, JobChanges changes, JobsMetrics metrics, TimeProvider time, ILogger logger)
{
    private int _handedBack;

    public JobsMetrics Metrics { get; } = metrics;

    /// <summary>Jobs handed back so far.</summary>
    public int HandedBack => Volatile.Read(ref _handedBack);

    public void Taken(JobRow row)
    {
        Metrics.RecordWait(row.Queue, time.GetUtcNow().ToUnixTimeMilliseconds() - row.DueAt);
        Raise(row, JobState.Running, row.Attempts, null);
    }

    public void Progressed(RunningJob job, JobProgress progress) => Raise(job.Row, JobState.Running, job.Row.Attempts, progress);

    /// <summary>A try of this process ended.</summary>
    /// <param name="ended">Which, and how.</param>
    /// <param name="states">What the jobs are now; one that is missing was lost to another worker.</param>
    /// <param name="isInDoubt">Whether its end may have been written before.</param>
    /// <returns>What the job is now; null where nobody here knows.</returns>
    public JobState? Ended(EndedTry ended, Dictionary<JobKey, JobState> states, bool isInDoubt)
    {
        if (ended.IsSettled && ended.Job.IsCompleted)
        {
            return Tell(ended.Ending, JobState.Succeeded, null, ended.Job.Progress);
        }

        if (states.TryGetValue(ended.Ending.Row.Key, out var state))
        {
            return Tell(ended.Ending, state, ended.Exception, ended.Job.Progress);
        }

        if (!isInDoubt)
        {
            Metrics.CountTry(KindOf(ended.Ending.Row), "lost");
            logger.JobLost(ended.Ending.Row.Id, ended.Ending.Row.Kind);
        }

        return null;
    }

    /// <summary>A job was taken from a worker that is gone.</summary>
    public void Rescued(JobEnding ending, Dictionary<JobKey, JobState> states)
    {
        if (states.TryGetValue(ending.Row.Key, out var state))
        {
            logger.WorkerGone(ending.Row.Worker, ending.Row.Id, ending.Row.Kind);
            Tell(ending, state, null, null);
        }
    }

    private JobState Tell(JobEnding ending, JobState state, Exception? exception, JobProgress? progress)
    {
        var row = ending.Row;
        if (ending.End.Kind == JobEndKind.HandedBack)
        {
            Interlocked.Increment(ref _handedBack);
        }

        if (state == JobState.Dead)
        {
            logger.JobDied(exception, row.Id, row.Kind, row.Attempts, ending.End.Message!);
        }
        else if (ending.IsFailure && state == JobState.Scheduled)
        {
            logger.JobFailed(exception, row.Id, row.Kind, row.Attempts, row.MaxAttempts, UnixTime.From(ending.DueAt));
        }

        Metrics.CountTry(KindOf(row), state switch
        {
            JobState.Succeeded => "succeeded",
            JobState.Dead => "dead",
            JobState.Cancelled => "cancelled",
            _ => ending.IsFailure ? "failed" : "put_off",
        });
        Raise(row, state, ending.Verdict.Attempts, progress);
        return state;
    }

    private void Raise(JobRow row, JobState state, long attempts, JobProgress? progress)
    {
        if (changes.HasSubscribers)
        {
            changes.Raise(new JobChange(row.Id, row.Kind, row.Queue, state, (int)attempts, progress, time.GetUtcNow()));
        }
    }

    /// <summary>As a label: what others enqueue makes no series of its own.</summary>
    private string KindOf(JobRow row) => kinds.Find(row.Kind) is null ? "unknown" : row.Kind;
}
