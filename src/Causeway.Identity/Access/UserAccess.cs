namespace Causeway.Identity;

/// <summary>What counts of an account when it asks for something.</summary>
internal sealed record UserAccess
{
    public required string Id { get; init; }

    public string? Name { get; init; }

    public required bool IsDisabled { get; init; }

    public required long SecurityVersion { get; init; }

    public required IReadOnlySet<string> Roles { get; init; }

    /// <summary>What all of its roles allow together.</summary>
    public required PermissionSet Permissions { get; init; }
}

/// <summary>What counts of a session.</summary>
internal sealed class SessionAccess
{
    public required string Id { get; init; }

    public required string UserId { get; init; }

    public required SessionKind Kind { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required bool HasEnded { get; init; }

    public UseStamp Used { get; } = new();
}

/// <summary>What counts of an API key.</summary>
internal sealed class ApiKeyAccess
{
    private Within? _within;

    public required string Id { get; init; }

    public required string Hash { get; init; }

    public required string Name { get; init; }

    public string? OwnerId { get; init; }

    public required PermissionSet Scopes { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public required bool IsRevoked { get; init; }

    public UseStamp Used { get; } = new();

    /// <summary>What of the scopes its owner may do, now: a key never does more than its owner, also after the owner lost something.</summary>
    public PermissionSet ScopesWithin(UserAccess owner)
    {
        // The owner's object is replaced when anything of it changes.
        if (Volatile.Read(ref _within) is not { } within || !ReferenceEquals(within.Owner, owner))
        {
            Volatile.Write(ref _within, within = new Within(owner, Scopes.Intersect(owner.Permissions)));
        }

        return within.Permissions;
    }

    private sealed record Within(UserAccess Owner, PermissionSet Permissions);
}

/// <summary>When a credential's use was noted last, so that not each one is.</summary>
internal sealed class UseStamp
{
    private long _notedAt = long.MinValue;

    /// <summary>Whether it is time to note a use again; of several who ask at once one is told so.</summary>
    public bool IsDue(TimeProvider time, TimeSpan every)
    {
        var (now, before) = (time.GetTimestamp(), Volatile.Read(ref _notedAt));
        return (before == long.MinValue || time.GetElapsedTime(before, now) >= every) && Interlocked.CompareExchange(ref _notedAt, now, before) == before;
    }
}
