namespace Causeway.Hosting;

/// <summary>What a loop is doing.</summary>
public enum LoopState
{
    /// <summary>It waits for its next turn.</summary>
    Waiting = 1,

    /// <summary>An iteration runs.</summary>
    Running,

    /// <summary>It waits longer because the last iteration failed.</summary>
    BackingOff,

    /// <summary>It waits until somebody resumes it.</summary>
    Paused,

    /// <summary>Iterations that were left behind take all its places; it goes on when one of them ends.</summary>
    Stuck,

    /// <summary>It was critical and failed too often. The process ends.</summary>
    Failed,

    /// <summary>The service stops, or has not started yet.</summary>
    Stopped,
}

/// <summary>A loop at one moment.</summary>
public sealed record LoopStatus
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is doing.</summary>
    public required LoopState State { get; init; }

    /// <summary>Whether it was paused; an iteration may still run, or be asked for.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>Whether the process ends when it fails too often.</summary>
    public required bool IsCritical { get; init; }

    /// <summary>From the start of one iteration to that of the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>What one iteration has.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>When the last iteration began; null before the first.</summary>
    public required DateTimeOffset? LastRunAt { get; init; }

    /// <summary>How long the last iteration that ended took; null before the first.</summary>
    public required TimeSpan? LastDuration { get; init; }

    /// <summary>When the last good iteration ended; null before the first.</summary>
    public required DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>When the next iteration begins; null while one runs, or none is planned.</summary>
    public required DateTimeOffset? NextRunAt { get; init; }

    /// <summary>Iterations that ended.</summary>
    public required long Runs { get; init; }

    /// <summary>Those of them that failed or took too long.</summary>
    public required long Failures { get; init; }

    /// <summary>Failures since the last good one.</summary>
    public required int FailuresInRow { get; init; }

    /// <summary>Iterations that did not come back after they were cancelled and may still be at work.</summary>
    public required int LeftBehind { get; init; }

    /// <summary>What the last failed iteration said; null since the last good one. For admins: it may hold anything.</summary>
    public required string? LastError { get; init; }
}
