namespace Causeway.Jobs;

/// <summary>A schedule as it is kept.</summary>
public sealed record JobSchedule
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of job it makes.</summary>
    public required string Kind { get; init; }

    /// <summary>When, as a cron expression.</summary>
    public required string Cron { get; init; }

    /// <summary>The time zone of the expression, by its IANA name.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Whether it makes no jobs until it is resumed.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>When the next job is made; null while it is paused, and where there never is one.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The last moment that it made a job for.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>The last job it made; it may be gone by now.</summary>
    public string? LastJobId { get; init; }
}

/// <summary>How a schedule behaves.</summary>
public sealed class JobScheduleOptions
{
    /// <summary>The time zone of the expression, by its IANA name.</summary>
    /// <value>
    /// Default <c>UTC</c>. Where clocks go forward, what falls into the hour that isn't there is begun right after it; where they go back, what has a fixed time of the day runs
    /// once, in the first of the two hours, and what runs every so many minutes goes on in both.
    /// </value>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>Whether a job is made although the one before is not through.</summary>
    /// <value>Default false: that moment is left out.</value>
    public bool Overlaps { get; set; }

    /// <summary>What becomes of moments at which no process was there.</summary>
    /// <value>Default <see cref="MissedTicks.RunOnce"/>.</value>
    public MissedTicks Missed { get; set; } = MissedTicks.RunOnce;

    /// <summary>What is to be other than the kind has it, but for time and unique key.</summary>
    /// <value>Default null.</value>
    public EnqueueOptions? Job { get; set; }
}

/// <summary>What becomes of moments at which no process was there.</summary>
public enum MissedTicks
{
    /// <summary>However many were missed, one job is made for the last of them.</summary>
    RunOnce = 1,

    /// <summary>What is more than a minute late is left out.</summary>
    Skip,
}
