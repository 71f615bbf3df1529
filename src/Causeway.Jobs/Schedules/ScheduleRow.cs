namespace Causeway.Jobs;

/// <summary>A row of <c>job_schedules</c>.</summary>
internal sealed record ScheduleRow
{
    public const string Columns = "name, kind, cron, time_zone, paused, next_at, last_at, last_job_id";

    public string Name { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Cron { get; init; } = "";

    public string TimeZone { get; init; } = "";

    public bool Paused { get; init; }

    public long? NextAt { get; init; }

    public long? LastAt { get; init; }

    public string? LastJobId { get; init; }

    public JobSchedule ToSchedule() => new()
    {
        Name = Name,
        Kind = Kind,
        Cron = Cron,
        TimeZone = TimeZone,
        IsPaused = Paused,
        NextAt = Paused ? null : UnixTime.From(NextAt),
        LastAt = UnixTime.From(LastAt),
        LastJobId = LastJobId,
    };
}
