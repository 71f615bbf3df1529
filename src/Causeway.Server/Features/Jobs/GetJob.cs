using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Shows one job with all that is known of it.</summary>
internal static class GetJob
{
    public static async Task<IResult> HandleAsync(string job_id, Caller caller, JobClient jobs, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(job_id, cancellationToken) is not { } job)
        {
            return OperateJob.NotFound.ToResult();
        }

        var failures = await jobs.FailuresAsync(job_id, cancellationToken);
        return TypedResults.Ok(new JobDetails(
            JobResponse.From(job),
            job.Args,
            job.UniqueKey,
            job.Tick,
            [.. failures.Select(failure => new FailureResponse(
                failure.Attempt, failure.At, ReasonName(failure.Reason), failure.Message, caller.IsAdmin ? failure.Stack : null, failure.Worker))]));
    }

    private static string ReasonName(JobFailureReason reason) => reason switch
    {
        JobFailureReason.TimedOut => "timed_out",
        JobFailureReason.Lost => "lost",
        JobFailureReason.Undecodable => "undecodable",
        _ => "failed",
    };

    /// <summary>A job with all that is known of it.</summary>
    /// <param name="Job">As in the list.</param>
    /// <param name="Args">Its arguments: JSON as text, since what can't be read is shown too.</param>
    /// <param name="UniqueKey">No other job with this key is waiting, running or scheduled; null for none.</param>
    /// <param name="Tick">The moment of its schedule that it was made for.</param>
    /// <param name="Failures">Its last 20 failed tries, the newest first.</param>
    internal sealed record JobDetails(JobResponse Job, string Args, string? UniqueKey, DateTimeOffset? Tick, IReadOnlyList<FailureResponse> Failures);

    /// <summary>A try that failed.</summary>
    /// <param name="Attempt">Which, from 1.</param>
    /// <param name="At">When it ended.</param>
    /// <param name="Reason"><c>failed</c>, <c>timed_out</c>, <c>lost</c> (its worker stopped answering) or <c>undecodable</c> (this program can't read it).</param>
    /// <param name="Message">What went wrong.</param>
    /// <param name="Stack">The exception with its stack; for admins only.</param>
    /// <param name="Worker">The process it failed in.</param>
    internal sealed record FailureResponse(int Attempt, DateTimeOffset At, string Reason, string Message, string? Stack, string? Worker);
}
