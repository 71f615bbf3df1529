namespace Causeway.Identity;

/// <summary>One log-in that still stands.</summary>
public sealed record Session
{
    /// <summary>A UUIDv7.</summary>
    public required string Id { get; init; }

    /// <summary>How its client holds its credential.</summary>
    public required SessionKind Kind { get; init; }

    /// <summary>What the client said it is; null where it said nothing.</summary>
    public string? Device { get; init; }

    /// <summary>From where it was used last.</summary>
    public string? Address { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was used last, to the minute.</summary>
    public required DateTimeOffset LastUsedAt { get; init; }

    /// <summary>When it ends unless it is refreshed before.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
