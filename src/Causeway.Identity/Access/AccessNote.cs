namespace Causeway.Identity;

/// <summary>By what somebody was let in, written down with work that is done later on their behalf: <see cref="Credentials.LookAgainAsync(AccessNote, CancellationToken)"/> says what they may do by then. Holds no secret.</summary>
public sealed record AccessNote
{
    /// <summary>By what.</summary>
    public required AccessKind Kind { get; init; }

    /// <summary>A stable name of who it is.</summary>
    public required string Principal { get; init; }

    /// <summary>The user; null for an API key.</summary>
    public string? UserId { get; init; }

    /// <summary>A name for people.</summary>
    public string? Name { get; init; }

    /// <summary>The prefix of an API key, by which it is found again.</summary>
    public string? ApiKeyPrefix { get; init; }

    /// <summary>What a token of another system says that its user is; empty otherwise.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>What a token of another system lets its user do; empty otherwise.</summary>
    public IReadOnlyList<string> Permissions { get; init; } = [];

    /// <summary>When a token of another system ends; null otherwise.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Writes an access down.</summary>
    public static AccessNote Of(Access access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var isForeign = access.Kind == AccessKind.ForeignToken;
        return new AccessNote
        {
            Kind = access.Kind,
            Principal = access.Principal,
            UserId = access.UserId,
            Name = access.Name,
            ApiKeyPrefix = access.ApiKeyPrefix,
            Roles = isForeign ? [.. access.Roles] : [],
            Permissions = isForeign ? [.. access.Permissions] : [],
            ExpiresAt = isForeign ? access.ExpiresAt : null,
        };
    }
}
