using Causeway.Data;

namespace Causeway.Jobs;

/// <summary>The only place with the SQL of jobs at work. What ends or keeps a job alive names its fence: whoever lost it changes nothing.</summary>
internal sealed class JobStore(Database database, TimeProvider time)
{
    public const int MaxNote = 500;

    private const int MaxError = 500;
    private const int MaxMessage = 4_000;
    private const int MaxStack = 16_000;
    private const int KeptFailures = 20;
    private const int Batch = 1_000;

    private readonly bool _isPostgres = database.Provider == DatabaseProvider.Postgres;

    /// <summary>Puts a job in.</summary>
    /// <returns>False where its unique key or its schedule's moment is taken.</returns>
    public static async Task<bool> InsertAsync(UnitOfWork unit, JobRow row, CancellationToken cancellationToken) =>
        await unit.ExecuteAsync(
            """
            INSERT INTO jobs (id, queue, kind, args, state, priority, due_at, attempts, max_attempts, fence, unique_key, schedule, tick, trace_parent, created_at)
            VALUES (@Id, @Queue, @Kind, @Args, @State, @Priority, @DueAt, 0, @MaxAttempts, 0, @UniqueKey, @Schedule, @Tick, @TraceParent, @CreatedAt)
            ON CONFLICT DO NOTHING
            """,
            row, cancellationToken).ConfigureAwait(false) == 1;

    public static Task<string?> FindActiveAsync(UnitOfWork unit, string uniqueKey, CancellationToken cancellationToken) =>
        unit.QuerySingleOrDefaultAsync<string>("SELECT id FROM jobs WHERE unique_key = @uniqueKey AND unique_key IS NOT NULL AND state <= 3", new { uniqueKey }, cancellationToken);

    /// <summary>Takes jobs of one queue, the most urgent first.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="queue">Which queue.</param>
    /// <param name="limit">The most.</param>
    /// <param name="maxRunning">The most that may run over all processes; null for no limit.</param>
    /// <param name="worker">Who takes them.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="until">The end of their lease.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<List<JobRow>> ClaimAsync(
        UnitOfWork unit, string queue, int limit, int? maxRunning, string worker, long now, long until, CancellationToken cancellationToken)
    {
        long most = limit;
        if (maxRunning is { } allowed)
        {
            // Whoever takes of a queue with a limit waits for whoever does so already: two that count at once would both see room.
            await unit.LockAsync("causeway jobs " + queue, cancellationToken: cancellationToken).ConfigureAwait(false);

            // One whose lease is over counts until somebody has put it back.
            var running = await unit.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM jobs WHERE state = 2 AND queue = @queue", new { queue }, cancellationToken).ConfigureAwait(false);
            most = Math.Min(most, allowed - running);
        }

        if (most <= 0)
        {
            return [];
        }

        // By a materialized list: PostgreSQL may otherwise run a locking subselect more than once, and take more than its limit.
        var rows = await unit.QueryAsync<JobRow>(
            _isPostgres
                ? $"""
                WITH next AS MATERIALIZED (
                    SELECT id FROM jobs WHERE queue = @queue AND state = 1 ORDER BY priority DESC, due_at, id LIMIT @most FOR UPDATE SKIP LOCKED)
                UPDATE jobs SET state = 2, fence = fence + 1, attempts = attempts + 1, worker = @worker, lease_until = @until, started_at = @now
                FROM next WHERE jobs.id = next.id RETURNING {JobRow.QualifiedColumns}
                """
                : $"""
                UPDATE jobs SET state = 2, fence = fence + 1, attempts = attempts + 1, worker = @worker, lease_until = @until, started_at = @now
                WHERE id IN (SELECT id FROM jobs WHERE queue = @queue AND state = 1 ORDER BY priority DESC, due_at, id LIMIT @most)
                RETURNING {JobRow.Columns}
                """,
            new { queue, most, worker, until, now }, cancellationToken).ConfigureAwait(false);
        rows.Sort(static (left, right) =>
            left.Priority != right.Priority ? right.Priority.CompareTo(left.Priority)
            : left.DueAt != right.DueAt ? left.DueAt.CompareTo(right.DueAt)
            : string.CompareOrdinal(left.Id, right.Id));
        return rows;
    }

    /// <summary>Makes jobs whose time has come ready to be taken.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> PromoteAsync(UnitOfWork unit, long now, CancellationToken cancellationToken)
    {
        var locks = _isPostgres ? " FOR UPDATE SKIP LOCKED" : "";
        return await unit.ExecuteAsync(
            $"UPDATE jobs SET state = 1 WHERE id IN (SELECT id FROM jobs WHERE state = 3 AND due_at <= @now ORDER BY due_at LIMIT {Batch}{locks})",
            new { now }, cancellationToken).ConfigureAwait(false) >= Batch;
    }

    /// <summary>Running jobs whose worker tells nothing any more.</summary>
    public Task<List<JobRow>> FindLostAsync(UnitOfWork unit, long now, CancellationToken cancellationToken)
    {
        var locks = _isPostgres ? " FOR UPDATE SKIP LOCKED" : "";
        return unit.QueryAsync<JobRow>(
            $"SELECT {JobRow.Columns} FROM jobs WHERE state = 2 AND lease_until < @now ORDER BY lease_until LIMIT 100{locks}", new { now }, cancellationToken);
    }

    /// <summary>Writes how tries ended.</summary>
    /// <returns>What the jobs are now; one that is missing was lost to another worker. A cancel that was asked for meanwhile wins over another try.</returns>
    public async Task<Dictionary<JobKey, JobState>> FinishAsync(UnitOfWork unit, IReadOnlyList<JobEnding> endings, CancellationToken cancellationToken)
    {
        var states = new Dictionary<JobKey, JobState>(endings.Count);
        if (_isPostgres)
        {
            var rows = await unit.QueryAsync<(string Id, long Fence, long State)>(
                """
                UPDATE jobs SET
                    state = CASE WHEN jobs.cancel_asked_at IS NOT NULL AND ended.state IN (1, 3) THEN 6 ELSE ended.state END,
                    attempts = ended.attempts, due_at = ended.due_at,
                    finished_at = CASE WHEN jobs.cancel_asked_at IS NOT NULL AND ended.state IN (1, 3) THEN ended.at ELSE ended.finished_at END,
                    last_error = COALESCE(ended.error, jobs.last_error), worker = NULL, lease_until = NULL, cancel_asked_at = NULL
                FROM unnest(@Ids, @Fences, @States, @Attempts, @DueAts, @FinishedAts, @Ats, @Errors)
                    AS ended (id, fence, state, attempts, due_at, finished_at, at, error)
                WHERE jobs.id = ended.id COLLATE "C" AND jobs.fence = ended.fence AND jobs.state = 2
                RETURNING jobs.id, jobs.fence, jobs.state
                """,
                new
                {
                    Ids = endings.Select(static ending => ending.Row.Id).ToArray(),
                    Fences = endings.Select(static ending => ending.Row.Fence).ToArray(),
                    States = endings.Select(static ending => (long)ending.Verdict.State).ToArray(),
                    Attempts = endings.Select(static ending => ending.Verdict.Attempts).ToArray(),
                    DueAts = endings.Select(static ending => ending.DueAt).ToArray(),
                    FinishedAts = endings.Select(static ending => ending.FinishedAt).ToArray(),
                    Ats = endings.Select(static ending => ending.At).ToArray(),
                    Errors = endings.Select(static ending => ErrorOf(ending)).ToArray(),
                },
                cancellationToken).ConfigureAwait(false);
            foreach (var (id, fence, state) in rows)
            {
                states[new JobKey(id, fence)] = (JobState)state;
            }
        }
        else
        {
            foreach (var ending in endings)
            {
                var state = await unit.QuerySingleOrDefaultAsync<long>(
                    """
                    UPDATE jobs SET
                        state = CASE WHEN cancel_asked_at IS NOT NULL AND @State IN (1, 3) THEN 6 ELSE @State END,
                        attempts = @Attempts, due_at = @DueAt,
                        finished_at = CASE WHEN cancel_asked_at IS NOT NULL AND @State IN (1, 3) THEN @At ELSE @FinishedAt END,
                        last_error = COALESCE(@Error, last_error), worker = NULL, lease_until = NULL, cancel_asked_at = NULL
                    WHERE id = @Id AND fence = @Fence AND state = 2 RETURNING state
                    """,
                    new
                    {
                        ending.Row.Id,
                        ending.Row.Fence,
                        State = (long)ending.Verdict.State,
                        ending.Verdict.Attempts,
                        ending.DueAt,
                        ending.FinishedAt,
                        ending.At,
                        Error = ErrorOf(ending),
                    },
                    cancellationToken).ConfigureAwait(false);
                if (state != 0)
                {
                    states[ending.Row.Key] = (JobState)state;
                }
            }
        }

        foreach (var ending in endings)
        {
            if (ending.IsFailure && states.ContainsKey(ending.Row.Key))
            {
                await KeepFailureAsync(unit, ending, cancellationToken).ConfigureAwait(false);
            }
        }

        return states;
    }

    /// <summary>Ends a job as succeeded within its handler's own transaction.</summary>
    /// <returns>False where it was lost to another worker.</returns>
    public async Task<bool> CompleteAsync(UnitOfWork unit, JobRow row, JobProgress? progress, CancellationToken cancellationToken) =>
        await unit.ExecuteAsync(
            """
            UPDATE jobs SET
                state = 4, finished_at = @now, worker = NULL, lease_until = NULL, cancel_asked_at = NULL,
                progress_done = COALESCE(@Done, progress_done), progress_total = COALESCE(@Total, progress_total), progress_note = COALESCE(@Note, progress_note)
            WHERE id = @Id AND fence = @Fence AND state = 2
            """,
            new { row.Id, row.Fence, now = time.GetUtcNow().ToUnixTimeMilliseconds(), progress?.Done, progress?.Total, progress?.Note },
            cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Prolongs the leases of jobs that this process runs.</summary>
    /// <returns>Those that it still has.</returns>
    public async Task<HashSet<JobKey>> ProlongAsync(UnitOfWork unit, IReadOnlyCollection<JobRow> rows, long until, CancellationToken cancellationToken)
    {
        if (_isPostgres)
        {
            var kept = await unit.QueryAsync<(string Id, long Fence)>(
                """
                UPDATE jobs SET lease_until = @until FROM unnest(@ids, @fences) AS held (id, fence)
                WHERE jobs.id = held.id COLLATE "C" AND jobs.fence = held.fence AND jobs.state = 2 RETURNING jobs.id, jobs.fence
                """,
                new { until, ids = rows.Select(static row => row.Id).ToArray(), fences = rows.Select(static row => row.Fence).ToArray() }, cancellationToken).ConfigureAwait(false);
            return [.. kept.Select(static row => new JobKey(row.Id, row.Fence))];
        }

        var held = new HashSet<JobKey>();
        foreach (var row in rows)
        {
            if (await unit.ExecuteAsync("UPDATE jobs SET lease_until = @until WHERE id = @Id AND fence = @Fence AND state = 2", new { until, row.Id, row.Fence }, cancellationToken).ConfigureAwait(false) == 1)
            {
                held.Add(row.Key);
            }
        }

        return held;
    }

    /// <summary>Running jobs that somebody asked to cancel, on whichever node they run.</summary>
    public static Task<List<string>> FindCancelsAsync(UnitOfWork unit, CancellationToken cancellationToken) =>
        unit.QueryAsync<string>("SELECT id FROM jobs WHERE cancel_asked_at IS NOT NULL AND state = 2", cancellationToken: cancellationToken);

    public static Task SaveProgressAsync(UnitOfWork unit, JobRow row, JobProgress progress, CancellationToken cancellationToken) => unit.ExecuteAsync(
        "UPDATE jobs SET progress_done = @Done, progress_total = @Total, progress_note = @Note WHERE id = @Id AND fence = @Fence AND state = 2",
        new { progress.Done, progress.Total, progress.Note, row.Id, row.Fence }, cancellationToken);

    /// <summary>Deletes jobs that ended before a moment, some at a time.</summary>
    public async Task<int> PruneAsync(JobState state, long before, CancellationToken cancellationToken)
    {
        var all = 0;
        for (var deleted = Batch; deleted == Batch;)
        {
            deleted = await database.ExecuteAsync(
                $"DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = {(long)state} AND state >= 4 AND finished_at < @before ORDER BY finished_at LIMIT {Batch})",
                new { before }, cancellationToken).ConfigureAwait(false);
            all += deleted;
        }

        return all;
    }

    private static async Task KeepFailureAsync(UnitOfWork unit, JobEnding ending, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync(
            """
            INSERT INTO job_failures (job_id, fence, attempt, at, reason, message, stack, worker) VALUES (@Id, @Fence, @Attempts, @At, @Reason, @Message, @Stack, @Worker)
            """,
            new
            {
                ending.Row.Id,
                ending.Row.Fence,
                ending.Row.Attempts,
                ending.At,
                Reason = ReasonText.Write(ending.End.Reason),
                Message = DatabaseText.Keep(ending.End.Message!, MaxMessage),
                Stack = ending.End.Stack is { } stack ? DatabaseText.Keep(stack, MaxStack) : null,
                ending.Row.Worker,
            },
            cancellationToken).ConfigureAwait(false);

        // By the fence, which grows for ever: after a replay the tries begin at one again.
        await unit.ExecuteAsync(
            $"DELETE FROM job_failures WHERE job_id = @Id AND fence <= (SELECT fence FROM job_failures WHERE job_id = @Id ORDER BY fence DESC LIMIT 1 OFFSET {KeptFailures})",
            new { ending.Row.Id }, cancellationToken).ConfigureAwait(false);
    }

    private static string? ErrorOf(JobEnding ending) => ending.End.Message is { } message ? DatabaseText.Keep(message.Split('\n', 2)[0].TrimEnd('\r'), MaxError) : null;
}

/// <summary>Reasons of failures as the column has them.</summary>
internal static class ReasonText
{
    public static string Write(JobFailureReason reason) => reason switch
    {
        JobFailureReason.TimedOut => "timed_out",
        JobFailureReason.Lost => "lost",
        JobFailureReason.Undecodable => "undecodable",
        _ => "failed",
    };

    public static JobFailureReason Read(string column) => column switch
    {
        "timed_out" => JobFailureReason.TimedOut,
        "lost" => JobFailureReason.Lost,
        "undecodable" => JobFailureReason.Undecodable,
        _ => JobFailureReason.Failed,
    };
}
