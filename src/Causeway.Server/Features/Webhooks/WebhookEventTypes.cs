namespace Causeway.Server;

/// <summary>The kinds of events there are.</summary>
internal static class WebhookEventTypes
{
    public const string Connected = "connection.connected";
    public const string Disconnected = "connection.disconnected";
    public const string Joined = "room.joined";
    public const string Left = "room.left";
    public const string Published = "room.published";
    public const string RoomCreated = "room.created";
    public const string RoomUpdated = "room.updated";
    public const string RoomDeleted = "room.deleted";
    public const string UserCreated = "user.created";
    public const string UserUpdated = "user.updated";
    public const string UserDeleted = "user.deleted";
    public const string NodeStarted = "node.started";
    public const string NodeLost = "node.lost";

    /// <summary>Events were lost; sent to whoever would have got one of them.</summary>
    public const string EventsLost = "events.lost";

    /// <summary>Somebody tries an endpoint out; sent to that one alone.</summary>
    public const string Test = "webhook.test";

    /// <summary>Those that can be asked for.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Connected, Disconnected, Joined, Left, Published, RoomCreated, RoomUpdated, RoomDeleted, UserCreated, UserUpdated, UserDeleted, NodeStarted, NodeLost];
}

/// <summary>Patterns of names: the whole name, or how it begins and <c>*</c>.</summary>
internal static class NamePattern
{
    public static bool Matches(string pattern, string name) => pattern is [.., '*']
        ? name.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : string.Equals(pattern, name, StringComparison.Ordinal);
}
