using Causeway.Http;

namespace Causeway.Server;

/// <summary>The list of jobs.</summary>
internal static class JobList
{
    public static ApiList<Row> List { get; } = new(
        "jobs",
        $"id, kind, queue, {JobStates.Column} AS state_name, priority, attempts, max_attempts, due_at, created_at, started_at, finished_at, cancel_asked_at, worker, schedule, "
            + "progress_done, progress_total, progress_note, last_error",
        "jobs",
        "-created_at",
        [
            ListField.Choice("state", JobStates.Names) with { Sortable = false },
            ListField.Text("kind") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false },
            ListField.Text("queue") with { Filters = FilterOperators.Equal, Sortable = false },
            ListField.Text("schedule") with { Filters = FilterOperators.Equal, Sortable = false, Nullable = true },
            ListField.Time("created_at"),
            ListField.Time("due_at"),
            ListField.Time("finished_at") with { Nullable = true },
        ],
        new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = JobStates.Column });

    public static JobResponse Shape(Row row) => new()
    {
        Id = row.Id,
        Kind = row.Kind,
        Queue = row.Queue,
        State = row.StateName,
        Priority = (int)row.Priority,
        Attempts = (int)row.Attempts,
        MaxAttempts = (int)row.MaxAttempts,
        DueAt = Moments.From(row.DueAt),
        CreatedAt = Moments.From(row.CreatedAt),
        StartedAt = Moments.From(row.StartedAt),
        FinishedAt = Moments.From(row.FinishedAt),
        CancelAskedAt = Moments.From(row.CancelAskedAt),
        Worker = row.Worker,
        Schedule = row.Schedule,
        Progress = row.ProgressDone is { } done ? new JobResponse.ProgressResponse(done, row.ProgressTotal, row.ProgressNote) : null,
        LastError = row.LastError,
    };

    /// <summary>A row.</summary>
    internal sealed record Row
    {
        public string Id { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Queue { get; init; } = "";

        public string StateName { get; init; } = "";

        public long Priority { get; init; }

        public long Attempts { get; init; }

        public long MaxAttempts { get; init; }

        public long DueAt { get; init; }

        public long CreatedAt { get; init; }

        public long? StartedAt { get; init; }

        public long? FinishedAt { get; init; }

        public long? CancelAskedAt { get; init; }

        public string? Worker { get; init; }

        public string? Schedule { get; init; }

        public long? ProgressDone { get; init; }

        public long? ProgressTotal { get; init; }

        public string? ProgressNote { get; init; }

        public string? LastError { get; init; }
    }
}
