namespace Causeway.Identity;

/// <summary>Somebody who can log in.</summary>
public sealed record Account
{
    /// <summary>A UUIDv7.</summary>
    public required string Id { get; init; }

    /// <summary>The address mail goes to.</summary>
    public required string Email { get; init; }

    /// <summary>A name for people.</summary>
    public string? Name { get; init; }

    /// <summary>The names of its roles, in order.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Whether it can't log in and its credentials count for nothing.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>When its address was verified; null where it never was.</summary>
    public DateTimeOffset? EmailVerifiedAt { get; init; }

    /// <summary>Whether it has a password; one that was invited has none until it follows the link.</summary>
    public bool HasPassword { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last; a log-in is no change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it logged in last; null where it never has.</summary>
    public DateTimeOffset? LastLoginAt { get; init; }

    /// <summary>Counts its changes, from 1.</summary>
    public required long Version { get; init; }
}
