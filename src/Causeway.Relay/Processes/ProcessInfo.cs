namespace Causeway.Relay;

/// <summary>A backend's process at one moment.</summary>
public sealed record ProcessInfo
{
    /// <summary>What it is doing.</summary>
    public required ProcessState State { get; init; }

    /// <summary>Whether an operator stopped it: then nothing but an operator starts it.</summary>
    public required bool IsHeld { get; init; }

    /// <summary>The system's id; null while it does not run.</summary>
    public required int? ProcessId { get; init; }

    /// <summary>When it was started; null while it does not run.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>How often it was started since the service was.</summary>
    public required long Starts { get; init; }

    /// <summary>How often it ended by itself or never got ready since it last ran well.</summary>
    public required int Failures { get; init; }

    /// <summary>How it ended last, or why it could not be started; null where neither happened yet.</summary>
    public required string? LastEnd { get; init; }

    /// <summary>When the next start may come; null where nothing waits.</summary>
    public required DateTimeOffset? NextStartAt { get; init; }

    /// <summary>Requests and WebSockets that use it now.</summary>
    public required int Uses { get; init; }

    /// <summary>When it is started.</summary>
    public required ProcessStart Start { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }
}
