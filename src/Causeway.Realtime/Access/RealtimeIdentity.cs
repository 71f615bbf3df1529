namespace Causeway.Realtime;

/// <summary>Who is behind a connection, and what they may do.</summary>
public sealed record RealtimeIdentity
{
    /// <summary>Nobody in particular: allowed in, without a name.</summary>
    public static RealtimeIdentity Anonymous { get; } = new();

    /// <summary>The user, at most 128 characters; null without identity.</summary>
    public string? UserId { get; init; }

    /// <summary>A name for people; null where the credential carries none.</summary>
    public string? Name { get; init; }

    /// <summary>When the credential ends; null for never. The connection is told 60 s before and closed then (4001).</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>May join and publish everywhere, whatever the namespaces say.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>
    /// What it may do where a namespace asks for a permission: <c>join:ROOM</c> or <c>publish:ROOM</c>;
    /// a trailing <c>*</c> stands for any rest of the name.
    /// </summary>
    public IReadOnlySet<string> Permissions { get; init; } = new HashSet<string>();

    /// <summary>Whether it may do this to a room because it is admin or one of its permissions says so, whatever the room's namespace says.</summary>
    /// <param name="action"><c>join</c> or <c>publish</c>.</param>
    /// <param name="room">The room.</param>
    public bool Allows(string action, RoomId room)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(room);
        if (IsAdmin)
        {
            return true;
        }

        foreach (var permission in Permissions)
        {
            if (Covers(permission, action, room.Value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Covers(string permission, string action, string room)
    {
        if (permission.Length <= action.Length || permission[action.Length] != ':' || !permission.StartsWith(action, StringComparison.Ordinal))
        {
            return false;
        }

        var pattern = permission.AsSpan(action.Length + 1);
        return pattern is [.. var start, '*'] ? room.AsSpan().StartsWith(start, StringComparison.Ordinal) : pattern.SequenceEqual(room);
    }
}
