using Causeway.Data;

namespace Causeway.Jobs;

/// <summary>The job that a handler works on.</summary>
public sealed class JobContext
{
    private readonly RunningJob _job;
    private readonly JobStore _store;

    internal JobContext(RunningJob job, JobStore store, IServiceProvider services) => (_job, _store, Services) = (job, store, services);

    /// <summary>The job's id, the same for each try: good as an idempotency key towards others.</summary>
    public string Id => _job.Row.Id;

    /// <summary>What it is.</summary>
    public string Kind => _job.Row.Kind;

    /// <summary>The queue it is in.</summary>
    public string Queue => _job.Row.Queue;

    /// <summary>Which try this is, from 1.</summary>
    public int Attempt => (int)_job.Row.Attempts;

    /// <summary>Whether a failure of this try ends the job.</summary>
    public bool IsLastAttempt => _job.Row.Attempts >= _job.Row.MaxAttempts;

    /// <summary>Grows with each time a worker takes the job. Where something outside must not hear of a worker that lost it, pass it along and refuse smaller ones.</summary>
    public long Fence => _job.Row.Fence;

    /// <summary>When it was enqueued.</summary>
    public DateTimeOffset CreatedAt => UnixTime.From(_job.Row.CreatedAt);

    /// <summary>The moment of its schedule that it was made for; null where no schedule made it.</summary>
    public DateTimeOffset? Tick => UnixTime.From(_job.Row.Tick);

    /// <summary>The services of this try's scope.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Tells how far the job is. Costs next to nothing: the newest is written and told of from time to time.</summary>
    /// <param name="done">Steps done.</param>
    /// <param name="total">Steps there are; null where nobody knows.</param>
    /// <param name="note">A few words, cut at 500 characters.</param>
    public void Report(long done, long? total = null, string? note = null) =>
        _job.Report(new JobProgress(done, total, note is null ? null : DatabaseText.Keep(note, JobStore.MaxNote)));

    /// <summary>
    /// Ends the job as succeeded within the transaction of what it did: both are kept, or neither. Nothing of it is kept where the job was lost to another worker
    /// meanwhile, so what is written with it is written once, whatever happens.
    /// </summary>
    /// <param name="unit">The transaction of the job's effects.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="JobLostException">Another worker has the job by now; let it through, so that the transaction is undone.</exception>
    public async Task CompleteAsync(UnitOfWork unit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unit);
        if (!await _store.CompleteAsync(unit, _job.Row, _job.Progress, cancellationToken).ConfigureAwait(false))
        {
            throw new JobLostException(Id);
        }

        unit.OnCommitted(_job.NoteCompleted);
    }
}

/// <summary>A job was lost to another worker, and this one may not speak for it any more.</summary>
/// <param name="jobId">Which.</param>
public sealed class JobLostException(string jobId) : Exception($"Job {jobId} was lost to another worker.")
{
    /// <summary>The job's id.</summary>
    public string JobId { get; } = jobId;
}
