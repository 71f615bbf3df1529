using System.Collections.Frozen;

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

    /// <summary>
    /// What can be revoked on its own: the session that a log-in began, or an API key; at most 128 characters, null where the credential belongs to none.
    /// A connection keeps it for life, so that whatever closes the session closes the connection.
    /// </summary>
    public string? SessionId { get; init; }

    /// <summary>What the client runs on, for people, such as <c>Firefox on Linux</c>; null where nobody said.</summary>
    public string? Device { get; init; }

    /// <summary>What else the application wants to know of whoever is behind a connection, for its handlers; never sent to clients.</summary>
    public IReadOnlyDictionary<string, string> Claims { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>What the application keeps of the credential to look at it again, in <see cref="Connections.ReviewAsync"/>; null for nothing. The library does not look inside.</summary>
    public object? Credential { get; init; }

    /// <summary>When the credential ends; null for never. The connection is told 60 s before and closed then (4001).</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>May join and publish everywhere, whatever the namespaces say.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>
    /// What it may do whatever a room's namespace says: <c>join:ROOM</c>, <c>publish:ROOM</c>, <c>create:ROOM</c>;
    /// a trailing <c>*</c> stands for any rest.
    /// </summary>
    public IReadOnlySet<string> Permissions { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Whether it may do this to a room because it is admin or one of its permissions says so, whatever the room's namespace says.</summary>
    /// <param name="action"><c>join</c>, <c>publish</c> or <c>create</c>.</param>
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

    private static bool Covers(ReadOnlySpan<char> permission, string action, string room)
    {
        var isOpen = permission is [.., '*'];
        var pattern = isOpen ? permission[..^1] : permission;
        if (pattern.Length <= action.Length)
        {
            return isOpen && action.AsSpan().StartsWith(pattern, StringComparison.Ordinal);
        }

        if (pattern[action.Length] != ':' || !pattern.StartsWith(action, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = pattern[(action.Length + 1)..];
        return isOpen ? room.AsSpan().StartsWith(rest, StringComparison.Ordinal) : rest.SequenceEqual(room);
    }
}
