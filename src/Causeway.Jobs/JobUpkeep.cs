using Causeway.Data;

namespace Causeway.Jobs;

/// <summary>What has to be done from time to time: old jobs deleted, the rest counted.</summary>
internal sealed class JobUpkeep(Database database, JobStore store, JobSchedules schedules, JobsMetrics metrics, JobsOptions options, TimeProvider time)
{
    /// <summary>Counts what is kept, for metrics and overviews.</summary>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync<(string Queue, long State, long Jobs)>(
            """
            SELECT queue, 1 AS state, COUNT(*) AS jobs FROM jobs WHERE state = 1 GROUP BY queue
            UNION ALL SELECT queue, 2, COUNT(*) FROM jobs WHERE state = 2 GROUP BY queue
            UNION ALL SELECT queue, 3, COUNT(*) FROM jobs WHERE state = 3 GROUP BY queue
            UNION ALL SELECT queue, 5, COUNT(*) FROM jobs WHERE state = 5 AND state >= 4 GROUP BY queue
            """,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        metrics.Counts = [.. rows.Select(static row => new JobCount(row.Queue, (JobState)row.State, row.Jobs))];
    }

    /// <summary>Deletes what was kept long enough.</summary>
    /// <returns>How many.</returns>
    public async Task<int> PruneAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var pruned = await store.PruneAsync(JobState.Succeeded, (now - options.KeepSucceeded).ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false)
            + await store.PruneAsync(JobState.Cancelled, (now - options.KeepCancelled).ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false)
            + await store.PruneAsync(JobState.Dead, (now - options.KeepDead).ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false);
        await schedules.KeepAsync(cancellationToken).ConfigureAwait(false);
        return pruned;
    }
}
