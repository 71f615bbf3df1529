namespace Causeway.Jobs;

/// <summary>A job as it is kept.</summary>
public sealed record Job
{
    /// <summary>A UUIDv7.</summary>
    public required string Id { get; init; }

    /// <summary>The queue it is in.</summary>
    public required string Queue { get; init; }

    /// <summary>What it is, as <c>AddJob</c> named it.</summary>
    public required string Kind { get; init; }

    /// <summary>Its arguments, as JSON.</summary>
    public required string Args { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required JobState State { get; init; }

    /// <summary>Higher ones are begun first.</summary>
    public required int Priority { get; init; }

    /// <summary>When it is, or was, to be begun.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Tries that were begun and count; putting off and handing back don't.</summary>
    public required int Attempts { get; init; }

    /// <summary>After so many failed tries it is dead.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>The process that has it; null while none has.</summary>
    public string? Worker { get; init; }

    /// <summary>When somebody asked that it be cancelled, while it runs; null where nobody did.</summary>
    public DateTimeOffset? CancelAskedAt { get; init; }

    /// <summary>No other job with this key is waiting, running or scheduled; null for none.</summary>
    public string? UniqueKey { get; init; }

    /// <summary>The schedule that made it; null for none.</summary>
    public string? Schedule { get; init; }

    /// <summary>The moment of the schedule it was made for.</summary>
    public DateTimeOffset? Tick { get; init; }

    /// <summary>How far it is; null where its handler told nothing yet.</summary>
    public JobProgress? Progress { get; init; }

    /// <summary>The first line of what went wrong last.</summary>
    public string? LastError { get; init; }

    /// <summary>When it was enqueued.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last try began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended for good.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>How far a job is.</summary>
/// <param name="Done">Steps done.</param>
/// <param name="Total">Steps there are; null where nobody knows.</param>
/// <param name="Note">A few words.</param>
public sealed record JobProgress(long Done, long? Total, string? Note);

/// <summary>One try of a job that failed.</summary>
/// <param name="Attempt">Which try, from 1.</param>
/// <param name="At">When it ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Stack">The exception with its stack, for whoever runs the service; null where there was none.</param>
/// <param name="Worker">The process it failed in.</param>
public sealed record JobFailure(int Attempt, DateTimeOffset At, JobFailureReason Reason, string Message, string? Stack, string? Worker);

/// <summary>Why a try failed.</summary>
public enum JobFailureReason
{
    /// <summary>Its handler threw, or said so.</summary>
    Failed = 1,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>Its worker stopped answering.</summary>
    Lost,

    /// <summary>This program has no handler for its kind, or can't read its arguments.</summary>
    Undecodable,
}
