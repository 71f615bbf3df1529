namespace Causeway.Identity;

/// <summary>By what somebody is let in.</summary>
public enum AccessKind
{
    /// <summary>A token signed for a user of another system: it stands for itself until it ends.</summary>
    ForeignToken = 1,

    /// <summary>An access token of an account's session.</summary>
    AccountToken,

    /// <summary>The cookie of an account's session.</summary>
    Cookie,

    /// <summary>An API key.</summary>
    ApiKey,
}

/// <summary>Who somebody is and what they may do, as of now.</summary>
public sealed record Access
{
    /// <summary>By what.</summary>
    public required AccessKind Kind { get; init; }

    /// <summary>A stable name of who it is: <c>user:ID</c> or <c>key:ID</c>.</summary>
    public required string Principal { get; init; }

    /// <summary>The user; null for an API key, which is nobody's voice.</summary>
    public string? UserId { get; init; }

    /// <summary>A name for people.</summary>
    public string? Name { get; init; }

    /// <summary>The user's roles.</summary>
    public IReadOnlySet<string> Roles { get; init; } = new HashSet<string>();

    /// <summary>What it may do.</summary>
    public required PermissionSet Permissions { get; init; }

    /// <summary>When the credential ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The account's session, where it has one.</summary>
    public string? SessionId { get; init; }

    /// <summary>The API key, where it is one.</summary>
    public string? ApiKeyId { get; init; }

    /// <summary>The API key's prefix, to look again.</summary>
    internal string? ApiKeyPrefix { get; init; }

    /// <summary>The account's security version in the token, to look again.</summary>
    internal long SecurityVersion { get; init; }

    /// <summary>Whether a change concerns it, so that it should be looked at again.</summary>
    public bool IsConcernedBy(AccessChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Kind != AccessKind.ForeignToken && change.Kind switch
        {
            AccessChangeKind.User => Kind == AccessKind.ApiKey || change.UserId == UserId,
            AccessChangeKind.Session => change.SessionId == SessionId && SessionId is not null,
            AccessChangeKind.ApiKey => change.ApiKeyId == ApiKeyId && ApiKeyId is not null,
            _ => true,
        };
    }
}
