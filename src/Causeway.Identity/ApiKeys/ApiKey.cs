namespace Causeway.Identity;

/// <summary>A key with which a server uses the API. Its secret is nowhere.</summary>
public sealed record ApiKey
{
    /// <summary>A UUIDv7.</summary>
    public required string Id { get; init; }

    /// <summary>The part of the key that may be shown.</summary>
    public required string Prefix { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do, as far as its owner may.</summary>
    public required PermissionSet Scopes { get; init; }

    /// <summary>Whose it is; null for the service's own, which whoever has the admin token made.</summary>
    public string? OwnerId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was used last, to the minute; null where it never was.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>From where it was used last.</summary>
    public string? LastUsedAddress { get; init; }

    /// <summary>When it was revoked; null while it stands.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Counts its changes, from 1.</summary>
    public required long Version { get; init; }
}
