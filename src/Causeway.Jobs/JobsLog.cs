using Microsoft.Extensions.Logging;

namespace Causeway.Jobs;

/// <summary>The log events of this library: 10000–10999.</summary>
internal static partial class JobsLog
{
    [LoggerMessage(10001, LogLevel.Error, "A subscriber failed to hear of a change of job {JobId}.")]
    public static partial void SubscriberFailed(this ILogger logger, Exception exception, string jobId);

    [LoggerMessage(10002, LogLevel.Warning, "Try {Attempt} of {MaxAttempts} of job {JobId} ({Kind}) failed; it is tried again at {DueAt:u}.")]
    public static partial void JobFailed(this ILogger logger, Exception? exception, string jobId, string kind, long attempt, long maxAttempts, DateTimeOffset dueAt);

    [LoggerMessage(10003, LogLevel.Error, "Job {JobId} ({Kind}) is dead after {Attempts} tries: {Reason}")]
    public static partial void JobDied(this ILogger logger, Exception? exception, string jobId, string kind, long attempts, string reason);

    [LoggerMessage(10004, LogLevel.Error, "Job {JobId} ({Kind}) did not come back within {GraceSeconds} s after it was cancelled ({Reason}); it is left behind and may still be at work.")]
    public static partial void JobLeftBehind(this ILogger logger, string jobId, string kind, double graceSeconds, string reason);

    [LoggerMessage(10005, LogLevel.Warning, "Job {JobId} ({Kind}) was lost to another worker; what this one says of it counts no more.")]
    public static partial void JobLost(this ILogger logger, string jobId, string kind);

    [LoggerMessage(10006, LogLevel.Warning, "Worker {Worker} stopped answering with job {JobId} ({Kind}) in hand.")]
    public static partial void WorkerGone(this ILogger logger, string? worker, string jobId, string kind);

    [LoggerMessage(10007, LogLevel.Warning, "The worker could not reach its jobs in the database; it tries again in {Seconds} s.")]
    public static partial void WorkerStumbled(this ILogger logger, Exception exception, double seconds);

    [LoggerMessage(10008, LogLevel.Information, "The worker reaches its jobs again.")]
    public static partial void WorkerRecovered(this ILogger logger);

    [LoggerMessage(10009, LogLevel.Information, "{Count} jobs were handed back, to be begun again elsewhere.")]
    public static partial void JobsHandedBack(this ILogger logger, int count);

    [LoggerMessage(10010, LogLevel.Warning, "The ends of {Count} jobs could not be written before the stop; they are begun again after their leases.")]
    public static partial void EndsNotWritten(this ILogger logger, int count);

    [LoggerMessage(10101, LogLevel.Information, "Schedule {Schedule} made no job for {Tick:u}: the one before is not through.")]
    public static partial void TickOverlaps(this ILogger logger, string schedule, DateTimeOffset tick);

    [LoggerMessage(10102, LogLevel.Warning, "Schedule {Schedule} missed {Tick:u}, {Seconds} s ago, and goes on with its next time.")]
    public static partial void TickMissed(this ILogger logger, string schedule, DateTimeOffset tick, double seconds);

    [LoggerMessage(10103, LogLevel.Error, "Schedule {Schedule} could not make its job for {Tick:u}.")]
    public static partial void TickFailed(this ILogger logger, Exception exception, string schedule, DateTimeOffset tick);
}
