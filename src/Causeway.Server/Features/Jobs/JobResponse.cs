using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>A job as the API shows it.</summary>
internal sealed record JobResponse
{
    /// <summary>A UUIDv7: its order is that of time.</summary>
    public required string Id { get; init; }

    /// <summary>What it is.</summary>
    public required string Kind { get; init; }

    /// <summary>The queue it is in.</summary>
    public required string Queue { get; init; }

    /// <summary><c>waiting</c>, <c>running</c>, <c>scheduled</c>, <c>succeeded</c>, <c>dead</c> or <c>cancelled</c>.</summary>
    public required string State { get; init; }

    /// <summary>Higher ones are begun first.</summary>
    public required int Priority { get; init; }

    /// <summary>Tries that were begun and count.</summary>
    public required int Attempts { get; init; }

    /// <summary>After so many failed tries it is dead.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>When it is, or was, to be begun.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>When it was enqueued.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last try began; null before the first.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended for good; null before.</summary>
    public required DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When somebody asked that it be cancelled, while it runs.</summary>
    public required DateTimeOffset? CancelAskedAt { get; init; }

    /// <summary>The process that has it; null while none has.</summary>
    public required string? Worker { get; init; }

    /// <summary>The schedule that made it; null for none.</summary>
    public required string? Schedule { get; init; }

    /// <summary>How far it is; null where it told nothing yet.</summary>
    public required ProgressResponse? Progress { get; init; }

    /// <summary>The first line of what went wrong last; null where nothing did.</summary>
    public required string? LastError { get; init; }

    public static string PathOf(string id) => $"/api/v1/jobs/{id}";

    public static JobResponse From(Job job) => new()
    {
        Id = job.Id,
        Kind = job.Kind,
        Queue = job.Queue,
        State = JobStates.NameOf(job.State),
        Priority = job.Priority,
        Attempts = job.Attempts,
        MaxAttempts = job.MaxAttempts,
        DueAt = job.DueAt,
        CreatedAt = job.CreatedAt,
        StartedAt = job.StartedAt,
        FinishedAt = job.FinishedAt,
        CancelAskedAt = job.CancelAskedAt,
        Worker = job.Worker,
        Schedule = job.Schedule,
        Progress = job.Progress is { } progress ? new ProgressResponse(progress.Done, progress.Total, progress.Note) : null,
        LastError = job.LastError,
    };

    /// <summary>How far a job is.</summary>
    /// <param name="Done">Steps done.</param>
    /// <param name="Total">Steps there are; null where nobody knows.</param>
    /// <param name="Note">A few words.</param>
    internal sealed record ProgressResponse(long Done, long? Total, string? Note);
}
