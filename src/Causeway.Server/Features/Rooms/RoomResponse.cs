using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>A room as the API shows it.</summary>
internal sealed record RoomResponse
{
    /// <summary>The room's name.</summary>
    public required string RoomId { get; init; }

    /// <summary>The namespace whose rules it follows.</summary>
    public required string Namespace { get; init; }

    /// <summary>A title for people.</summary>
    public required string? Title { get; init; }

    /// <summary>The users who may join where the namespace says <c>members</c>.</summary>
    public required IReadOnlyList<string> AllowedUsers { get; init; }

    /// <summary>True for a room that was created by name and stays until it is deleted.</summary>
    public required bool Permanent { get; init; }

    /// <summary>The life of the room's log.</summary>
    public required string Epoch { get; init; }

    /// <summary>The newest position; null where the namespace keeps no history.</summary>
    public required long? Offset { get; init; }

    /// <summary>Messages the log still holds.</summary>
    public required int HistoryCount { get; init; }

    /// <summary>Connections in the room.</summary>
    public required int Connections { get; init; }

    /// <summary>Members: each user once, everybody without identity as one.</summary>
    public required int Members { get; init; }

    /// <summary>Messages that slow members did not get.</summary>
    public required long Dropped { get; init; }

    /// <summary>Members closed as too slow.</summary>
    public required long SlowCloses { get; init; }

    /// <summary>When it came to be.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    public static RoomResponse From(RoomInfo room) => new()
    {
        RoomId = room.Id.Value,
        Namespace = room.Id.Namespace,
        Title = room.Settings.Title,
        AllowedUsers = room.Settings.AllowedUsers,
        Permanent = room.Permanent,
        Epoch = room.Epoch,
        Offset = room.Offset,
        HistoryCount = room.HistoryCount,
        Connections = room.Connections,
        Members = room.Members,
        Dropped = room.Dropped,
        SlowCloses = room.SlowCloses,
        CreatedAt = room.CreatedAt,
    };
}
