using System.Text.Json;
using Causeway.Data;
using Microsoft.Extensions.Options;

namespace Causeway.Jobs;

/// <summary>Where jobs are enqueued, looked at and operated, from any process of the database.</summary>
public sealed class JobClient
{
    private const int MaxTries = 10;

    private readonly Database _database;
    private readonly JobKinds _kinds;
    private readonly JobWorker _worker;
    private readonly JobChanges _changes;
    private readonly JobsMetrics _metrics;
    private readonly JobsOptions _options;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _queues;

    internal JobClient(Database database, JobKinds kinds, JobWorker worker, JobChanges changes, JobsMetrics metrics, IOptions<JobsOptions> options, TimeProvider time)
    {
        (_database, _kinds, _worker, _changes, _metrics, _options, _time) = (database, kinds, worker, changes, metrics, options.Value, time);
        _queues = [.. WorkerQueues.NamesOf(options.Value, kinds)];
    }

    /// <summary>The queues this process knows, in order.</summary>
    public IReadOnlyList<string> Queues => [.. _queues.Order(StringComparer.Ordinal)];

    /// <summary>How many jobs were waiting, running, scheduled or dead when they were counted last, by queue; counted every 15 s.</summary>
    public IReadOnlyList<JobCount> Counts => _metrics.Counts;

    /// <summary>Enqueues a job in a transaction of its own.</summary>
    /// <inheritdoc cref="EnqueueAsync{TArgs}(UnitOfWork, TArgs, EnqueueOptions?, CancellationToken)"/>
    public Task<Enqueued> EnqueueAsync<TArgs>(TArgs args, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
        where TArgs : notnull =>
        _database.WriteAsync((unit, token) => EnqueueAsync(unit, args, options, token), cancellationToken);

    /// <summary>Enqueues a job in the transaction of what it belongs to: it is there when that is committed, and never when it is not.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="args">The arguments, of the type that the kind was added with.</param>
    /// <param name="options">What is to be other than the kind has it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The job's id, and whether it was made.</returns>
    /// <exception cref="InvalidOperationException">No kind takes such arguments.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or the queue is none of this process.</exception>
    /// <exception cref="JsonException">The arguments don't become JSON.</exception>
    public Task<Enqueued> EnqueueAsync<TArgs>(UnitOfWork unit, TArgs args, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
        where TArgs : notnull
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(args);
        return AddAsync(unit, RowOf(args, options ?? EnqueueOptions.None), cancellationToken);
    }

    /// <summary>Enqueues many jobs of one kind in one transaction.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="args">The arguments, one job for each.</param>
    /// <param name="options">What is to be other than the kind has it, but for a unique key.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Their ids, in order.</returns>
    public async Task<IReadOnlyList<string>> EnqueueManyAsync<TArgs>(UnitOfWork unit, IEnumerable<TArgs> args, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
        where TArgs : notnull
    {
        ArgumentNullException.ThrowIfNull(args);
        if (options?.UniqueKey is not null)
        {
            throw new ArgumentException("Many jobs can't share a unique key.", nameof(options));
        }

        var ids = new List<string>();
        foreach (var one in args)
        {
            ids.Add((await EnqueueAsync(unit, one, options, cancellationToken).ConfigureAwait(false)).Id);
        }

        return ids;
    }

    /// <summary>One job; null where there is none.</summary>
    public async Task<Job?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        (await _database.QuerySingleOrDefaultAsync<JobRow>($"SELECT {JobRow.Columns} FROM jobs WHERE id = @id", new { id }, cancellationToken).ConfigureAwait(false))?.ToJob();

    /// <summary>What went wrong with a job, the newest first: its last 20 failed tries.</summary>
    public async Task<IReadOnlyList<JobFailure>> FailuresAsync(string id, CancellationToken cancellationToken = default)
    {
        var rows = await _database.QueryAsync<FailureRow>(
            "SELECT attempt, at, reason, message, stack, worker FROM job_failures WHERE job_id = @id ORDER BY fence DESC", new { id }, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(static row => new JobFailure((int)row.Attempt, UnixTime.From(row.At), ReasonText.Read(row.Reason), row.Message, row.Stack, row.Worker))];
    }

    /// <summary>Cancels a job: one that waits at once; one that runs is asked to end, on whichever node it is.</summary>
    public async Task<JobOperationResult> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        var result = await ChangeAsync(
            id,
            $"""
            UPDATE jobs SET
                state = CASE WHEN state = 2 THEN 2 ELSE 6 END, finished_at = CASE WHEN state = 2 THEN NULL ELSE @now END,
                cancel_asked_at = CASE WHEN state = 2 THEN COALESCE(cancel_asked_at, @now) ELSE NULL END
            WHERE id = @id AND state <= 3 RETURNING {JobRow.Columns}
            """,
            cancellationToken).ConfigureAwait(false);
        if (result is not { Status: JobOperationStatus.Done, Job.State: JobState.Running })
        {
            return result;
        }

        _worker.Cancel(id);
        return result with { Status = JobOperationStatus.Asked };
    }

    /// <summary>Has a job that is put off begun now.</summary>
    public async Task<JobOperationResult> RetryAsync(string id, CancellationToken cancellationToken = default) => Woken(await ChangeAsync(
        id, $"UPDATE jobs SET state = 1, due_at = @now WHERE id = @id AND state IN (1, 3) RETURNING {JobRow.Columns}", cancellationToken).ConfigureAwait(false));

    /// <summary>Begins a job that is over from the start: all its tries are new. What went wrong before stays with it.</summary>
    public async Task<JobOperationResult> ReplayAsync(string id, CancellationToken cancellationToken = default)
    {
        try
        {
            return Woken(await ChangeAsync(
                id,
                $"""
                UPDATE jobs SET state = 1, due_at = @now, attempts = 0, finished_at = NULL, progress_done = NULL, progress_total = NULL, progress_note = NULL
                WHERE id = @id AND state >= 4 RETURNING {JobRow.Columns}
                """,
                cancellationToken).ConfigureAwait(false));
        }
        catch (UniqueViolationException)
        {
            return new JobOperationResult(JobOperationStatus.KeyTaken, await FindAsync(id, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Deletes a job that does not run, with all that is known of it.</summary>
    public Task<JobOperationResult> DiscardAsync(string id, CancellationToken cancellationToken = default) =>
        ChangeAsync(id, $"DELETE FROM jobs WHERE id = @id AND state <> 2 RETURNING {JobRow.Columns}", cancellationToken, isGone: true);

    /// <summary>A row for a job that is not in the database yet.</summary>
    internal JobRow RowOf(object args, EnqueueOptions options)
    {
        options.Check();
        var kind = _kinds.For(args.GetType());
        var queue = options.Queue ?? kind.Options.Queue;
        if (!_queues.Contains(queue))
        {
            throw new ArgumentException($"There is no queue {queue} here; name it in the options, or nobody runs its jobs.");
        }

        var now = _time.GetUtcNow();
        var dueAt = options.DueAt is { } due && due > now ? due : now;
        return new JobRow
        {
            Id = Guid.CreateVersion7(now).ToString(),
            Queue = queue,
            Kind = kind.Kind,
            Args = JsonSerializer.Serialize(args, kind.ArgsType, _options.Json),
            State = (long)(dueAt > now ? JobState.Scheduled : JobState.Waiting),
            Priority = options.Priority ?? kind.Options.Priority,
            DueAt = dueAt.ToUnixTimeMilliseconds(),
            MaxAttempts = options.MaxAttempts ?? kind.Options.MaxAttempts,
            UniqueKey = options.UniqueKey,
            TraceParent = JobsTracing.Parent(),
            CreatedAt = now.ToUnixTimeMilliseconds(),
        };
    }

    /// <summary>Puts a row in, and tells of it after the commit.</summary>
    internal async Task<Enqueued> AddAsync(UnitOfWork unit, JobRow row, CancellationToken cancellationToken)
    {
        for (var tries = 1; !await JobStore.InsertAsync(unit, row, cancellationToken).ConfigureAwait(false); tries++)
        {
            if (row.UniqueKey is not null && await JobStore.FindActiveAsync(unit, row.UniqueKey, cancellationToken).ConfigureAwait(false) is { } other)
            {
                return new Enqueued(other, IsNew: false);
            }

            // The one that had the key ended at this very moment, and the key is free; or a schedule's moment has its job already.
            if (row.UniqueKey is null || tries == MaxTries)
            {
                return new Enqueued("", IsNew: false);
            }
        }

        unit.OnCommitted(() =>
        {
            _metrics.CountEnqueued(row.Kind);
            Raise(row.ToJob(), (JobState)row.State);
            if (row.State == (long)JobState.Waiting)
            {
                _worker.Wake(row.Queue);
            }
        });
        return new Enqueued(row.Id, IsNew: true);
    }

    private async Task<JobOperationResult> ChangeAsync(string id, string sql, CancellationToken cancellationToken, bool isGone = false)
    {
        ArgumentNullException.ThrowIfNull(id);
        var result = await _database.WriteAsync(
            async (unit, token) =>
            {
                if (await unit.QuerySingleOrDefaultAsync<JobRow>(sql, new { id, now = _time.GetUtcNow().ToUnixTimeMilliseconds() }, token).ConfigureAwait(false) is { } changed)
                {
                    return new JobOperationResult(JobOperationStatus.Done, changed.ToJob());
                }

                var other = await unit.QuerySingleOrDefaultAsync<JobRow>($"SELECT {JobRow.Columns} FROM jobs WHERE id = @id", new { id }, token).ConfigureAwait(false);
                return other is null ? new JobOperationResult(JobOperationStatus.NotFound) : new JobOperationResult(JobOperationStatus.WrongState, other.ToJob());
            },
            cancellationToken).ConfigureAwait(false);
        if (result is { Status: JobOperationStatus.Done, Job: { } job })
        {
            Raise(job, isGone ? null : job.State);
        }

        return result;
    }

    private JobOperationResult Woken(JobOperationResult result)
    {
        if (result is { Status: JobOperationStatus.Done, Job: { } job })
        {
            _worker.Wake(job.Queue);
        }

        return result;
    }

    private void Raise(Job job, JobState? state)
    {
        if (_changes.HasSubscribers)
        {
            _changes.Raise(new JobChange(job.Id, job.Kind, job.Queue, state, job.Attempts, job.Progress, _time.GetUtcNow()));
        }
    }

    private sealed record FailureRow
    {
        public long Attempt { get; init; }

        public long At { get; init; }

        public string Reason { get; init; } = "";

        public string Message { get; init; } = "";

        public string? Stack { get; init; }

        public string? Worker { get; init; }
    }
}
