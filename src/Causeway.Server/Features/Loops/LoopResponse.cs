using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>A background loop as the API shows it.</summary>
internal sealed record LoopResponse
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary><c>waiting</c>, <c>running</c>, <c>backing_off</c>, <c>paused</c>, <c>stuck</c>, <c>failed</c> or <c>stopped</c>.</summary>
    public required string State { get; init; }

    /// <summary>Whether it was paused; an iteration may still run.</summary>
    public required bool Paused { get; init; }

    /// <summary>Whether the process ends when it fails too often.</summary>
    public required bool Critical { get; init; }

    /// <summary>From the start of one iteration to that of the next.</summary>
    public required double IntervalSeconds { get; init; }

    /// <summary>What one iteration has.</summary>
    public required double DeadlineSeconds { get; init; }

    /// <summary>When the last iteration began; null before the first.</summary>
    public required DateTimeOffset? LastRunAt { get; init; }

    /// <summary>How long the last iteration took; null before the first has ended.</summary>
    public required double? LastDurationSeconds { get; init; }

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

    /// <summary>What the last failed iteration said; null since the last good one.</summary>
    public required string? LastError { get; init; }

    public static LoopResponse From(LoopStatus loop) => new()
    {
        Name = loop.Name,
        State = NameOf(loop.State),
        Paused = loop.IsPaused,
        Critical = loop.IsCritical,
        IntervalSeconds = loop.Interval.TotalSeconds,
        DeadlineSeconds = loop.Deadline.TotalSeconds,
        LastRunAt = loop.LastRunAt,
        LastDurationSeconds = loop.LastDuration?.TotalSeconds,
        LastSuccessAt = loop.LastSuccessAt,
        NextRunAt = loop.NextRunAt,
        Runs = loop.Runs,
        Failures = loop.Failures,
        FailuresInRow = loop.FailuresInRow,
        LeftBehind = loop.LeftBehind,
        LastError = loop.LastError,
    };

    private static string NameOf(LoopState state) => state == LoopState.BackingOff ? "backing_off" : state.ToString().ToLowerInvariant();
}
