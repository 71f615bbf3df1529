using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Retries, cancels, replays and discards one job.</summary>
internal static class OperateJob
{
    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such job.");

    public static async Task<IResult> RetryAsync(string job_id, JobClient jobs, CancellationToken cancellationToken) =>
        Answer(await jobs.RetryAsync(job_id, cancellationToken), "Only a job that waits or is put off can be begun now.");

    public static async Task<IResult> CancelAsync(string job_id, JobClient jobs, CancellationToken cancellationToken) =>
        Answer(await jobs.CancelAsync(job_id, cancellationToken), "The job is over.");

    public static async Task<IResult> ReplayAsync(string job_id, JobClient jobs, CancellationToken cancellationToken) =>
        Answer(await jobs.ReplayAsync(job_id, cancellationToken), "Only a job that is over can be begun anew.");

    public static async Task<IResult> DiscardAsync(string job_id, JobClient jobs, CancellationToken cancellationToken)
    {
        var result = await jobs.DiscardAsync(job_id, cancellationToken);
        return result.Status == JobOperationStatus.Done ? TypedResults.NoContent() : Answer(result, "The job runs; cancel it first.");
    }

    private static IResult Answer(JobOperationResult result, string whyNot) => result.Status switch
    {
        JobOperationStatus.Done => TypedResults.Ok(JobResponse.From(result.Job!)),
        JobOperationStatus.Asked => TypedResults.Json(JobResponse.From(result.Job!), statusCode: StatusCodes.Status202Accepted),
        JobOperationStatus.NotFound => NotFound.ToResult(),
        JobOperationStatus.KeyTaken => Conflict("Another job with its unique key is waiting, running or scheduled.", result.Job).ToResult(),
        _ => Conflict(whyNot, result.Job).ToResult(),
    };

    private static ApiError Conflict(string message, Job? job) => new(ErrorCode.Conflict, message)
    {
        Details = job is null ? null : new JsonObject { ["state"] = JobStates.NameOf(job.State) },
    };
}
