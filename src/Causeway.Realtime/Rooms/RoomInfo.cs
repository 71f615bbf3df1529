namespace Causeway.Realtime;

/// <summary>A room as an operator sees it.</summary>
public sealed record RoomInfo
{
    /// <summary>The room.</summary>
    public required RoomId Id { get; init; }

    /// <summary>The life of the room's log; a new one means that old positions are void. Null while the log of a durable room is being opened.</summary>
    public required string? Epoch { get; init; }

    /// <summary>Whether its log is kept beyond the process.</summary>
    public required bool Durable { get; init; }

    /// <summary>The newest position; 0 when nothing was published yet, null in a namespace without history and while the log of a durable room is being opened.</summary>
    public required long? Offset { get; init; }

    /// <summary>Connections in the room.</summary>
    public required int Connections { get; init; }

    /// <summary>Members as presence counts them: each user once, everybody without identity as one.</summary>
    public required int Members { get; init; }

    /// <summary>Messages the log still holds.</summary>
    public required int HistoryCount { get; init; }

    /// <summary>Messages that slow members did not get, since the room exists.</summary>
    public required long Dropped { get; init; }

    /// <summary>Members closed as too slow, since the room exists.</summary>
    public required long SlowCloses { get; init; }

    /// <summary>True for a room that was created by name, or that the directory has, and stays until it is deleted.</summary>
    public required bool Permanent { get; init; }

    /// <summary>What it was created with.</summary>
    public required RoomSettings Settings { get; init; }

    /// <summary>When it came to be, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What a room is created with.</summary>
public sealed record RoomSettings
{
    /// <summary>Nothing set.</summary>
    public static RoomSettings Empty { get; } = new();

    /// <summary>A title for people, at most 200 characters; null for none.</summary>
    public string? Title { get; init; }

    /// <summary>The users who may join where the namespace says <c>members</c>; at most 10,000.</summary>
    public IReadOnlyList<string> AllowedUsers { get; init; } = [];
}

/// <summary>One entry of a room's members.</summary>
/// <param name="UserId">The user; null stands for everybody without identity, taken together.</param>
/// <param name="Name">The user's name, where the credential carries one.</param>
/// <param name="Devices">Connections of this user in the room.</param>
public sealed record RoomMember(string? UserId, string? Name, int Devices);
