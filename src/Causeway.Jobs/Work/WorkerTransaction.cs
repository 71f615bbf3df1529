using System.Diagnostics.CodeAnalysis;
using Causeway.Data;

namespace Causeway.Jobs;

/// <summary>What one turn of the worker does in the database. Ends come first, so that what they free is there to be taken.</summary>
internal sealed class WorkerTransaction(JobStore store, JobKinds kinds, JobsOptions options, TimeProvider time)
{
    private static readonly JobRetry UnknownRetry = new JobKindOptions().Retry;

    public async Task RunAsync(UnitOfWork unit, WorkerTurn turn, WorkerTurnResult result, CancellationToken cancellationToken)
    {
        var now = Now();
        var until = now + (long)options.Lease.TotalMilliseconds;
        var ended = turn.Ends.Select(static ended => ended.Job).Where(static job => job.HasNews).Select(static job => (Job: job, Progress: job.Progress!));
        foreach (var (job, progress) in ended.Concat(turn.Reported))
        {
            await JobStore.SaveProgressAsync(unit, job.Row, progress, cancellationToken).ConfigureAwait(false);
        }

        if (turn.Ends.Any(static ended => !ended.IsSettled))
        {
            result.States = await store.FinishAsync(
                unit, [.. turn.Ends.Where(static ended => !ended.IsSettled).Select(static ended => ended.Ending)], cancellationToken).ConfigureAwait(false);
        }

        // Before the lost ones are looked for: after a long sleep a worker's own jobs are still its own, unless somebody was faster.
        if (turn.Held.Count > 0)
        {
            result.Kept = await store.ProlongAsync(unit, [.. turn.Held.Select(static job => job.Row)], until, cancellationToken).ConfigureAwait(false);
        }

        if (turn.Polls)
        {
            result.MayPromoteMore = await store.PromoteAsync(unit, now, cancellationToken).ConfigureAwait(false);
            var lost = await store.FindLostAsync(unit, now, cancellationToken).ConfigureAwait(false);
            result.Lost = [.. lost.Select(row => EndingOf(row, JobEnd.Failed(JobFailureReason.Lost, $"Its worker {row.Worker} stopped answering.", null)))];
            if (result.Lost.Count > 0)
            {
                result.LostStates = await store.FinishAsync(unit, result.Lost, cancellationToken).ConfigureAwait(false);
            }

            result.Cancels = await JobStore.FindCancelsAsync(unit, cancellationToken).ConfigureAwait(false);
        }

        // In one order on all nodes: two that wait for each other's limited queues would be undone.
        foreach (var (queue, most) in turn.Claims.OrderBy(static claim => claim.Queue.Name, StringComparer.Ordinal))
        {
            var rows = await store.ClaimAsync(unit, queue.Name, most, queue.MaxRunning, options.Worker, now, until, cancellationToken).ConfigureAwait(false);
            result.Claimed.Add((queue, rows, rows.Count == most));
        }
    }

    /// <summary>What a job becomes by the end of a try, from this moment on.</summary>
    public JobEnding EndingOf(JobRow row, JobEnd end)
    {
        var verdict = end.Kind == JobEndKind.Settled
            ? new JobVerdict(JobState.Succeeded, row.Attempts, TimeSpan.Zero)
            : JobRules.Decide(end, row.Attempts, row.MaxAttempts, kinds.Find(row.Kind)?.Options.Retry ?? UnknownRetry, Chance());
        return new JobEnding(row, end, verdict, Now());
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Jitter keeps no secret.")]
    private static double Chance() => Random.Shared.NextDouble();
}
