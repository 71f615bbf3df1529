namespace Causeway.Jobs;

/// <summary>A row of <c>jobs</c>.</summary>
internal sealed record JobRow
{
    public const string Columns =
        "id, queue, kind, args, state, priority, due_at, attempts, max_attempts, fence, worker, lease_until, cancel_asked_at, unique_key, schedule, tick, trace_parent, "
        + "progress_done, progress_total, progress_note, last_error, created_at, started_at, finished_at";

    /// <summary>The same in a statement with more than one table.</summary>
    public static readonly string QualifiedColumns = string.Join(", ", Columns.Split(", ").Select(static column => "jobs." + column));

    public string Id { get; init; } = "";

    public string Queue { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Args { get; init; } = "";

    public long State { get; init; }

    public long Priority { get; init; }

    public long DueAt { get; init; }

    public long Attempts { get; init; }

    public long MaxAttempts { get; init; }

    public long Fence { get; init; }

    public string? Worker { get; init; }

    public long? LeaseUntil { get; init; }

    public long? CancelAskedAt { get; init; }

    public string? UniqueKey { get; init; }

    public string? Schedule { get; init; }

    public long? Tick { get; init; }

    public string? TraceParent { get; init; }

    public long? ProgressDone { get; init; }

    public long? ProgressTotal { get; init; }

    public string? ProgressNote { get; init; }

    public string? LastError { get; init; }

    public long CreatedAt { get; init; }

    public long? StartedAt { get; init; }

    public long? FinishedAt { get; init; }

    public JobKey Key => new(Id, Fence);

    public Job ToJob() => new()
    {
        Id = Id,
        Queue = Queue,
        Kind = Kind,
        Args = Args,
        State = (JobState)State,
        Priority = (int)Priority,
        DueAt = UnixTime.From(DueAt),
        Attempts = (int)Attempts,
        MaxAttempts = (int)MaxAttempts,
        Worker = Worker,
        CancelAskedAt = UnixTime.From(CancelAskedAt),
        UniqueKey = UniqueKey,
        Schedule = Schedule,
        Tick = UnixTime.From(Tick),
        Progress = ProgressDone is { } done ? new JobProgress(done, ProgressTotal, ProgressNote) : null,
        LastError = LastError,
        CreatedAt = UnixTime.From(CreatedAt),
        StartedAt = UnixTime.From(StartedAt),
        FinishedAt = UnixTime.From(FinishedAt),
    };
}

/// <summary>A job in the hands of one worker: another that takes it has a greater fence.</summary>
internal readonly record struct JobKey(string Id, long Fence);

/// <summary>Moments as columns have them: milliseconds since 1970, UTC.</summary>
internal static class UnixTime
{
    public static DateTimeOffset From(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? From(long? milliseconds) => milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
