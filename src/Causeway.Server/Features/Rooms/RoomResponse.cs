using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>A room as the API shows it: what is stored of it, and how it is on this node.</summary>
internal sealed record RoomResponse
{
    /// <summary>The room's name.</summary>
    public required string RoomId { get; init; }

    /// <summary>The namespace whose rules it follows.</summary>
    public required string Namespace { get; init; }

    /// <summary>A title for people.</summary>
    public required string? Title { get; init; }

    /// <summary>What it is for.</summary>
    public required string? Description { get; init; }

    /// <summary>Where it differs from its namespace.</summary>
    public required RoomSettingsDocument Settings { get; init; }

    /// <summary>The first 100 users with a role in it, by id; <c>allowed-users</c> lists all, with their roles.</summary>
    public required IReadOnlyList<string> AllowedUsers { get; init; }

    /// <summary>True for a room that is stored and stays until it is deleted; false for one that came to be by itself.</summary>
    public required bool Permanent { get; init; }

    /// <summary>The user who created it; null for an administrator, and for one that came to be by itself.</summary>
    public required string? CreatedBy { get; init; }

    /// <summary>When it came to be.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last; for one that came to be by itself, when it did.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Counts its changes, as the <c>ETag</c> does; null for one that came to be by itself.</summary>
    public required long? Version { get; init; }

    /// <summary>The life of the room's log on this node; null while nobody has it open.</summary>
    public required string? Epoch { get; init; }

    /// <summary>The newest position; null where it keeps no history, and while nobody has it open.</summary>
    public required long? Offset { get; init; }

    /// <summary>Whether the log is kept beyond the process; false for a stored room that nobody has open.</summary>
    public required bool Durable { get; init; }

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

    /// <summary>A room that is only in memory.</summary>
    public static RoomResponse From(RoomInfo live) => From(StoredRoom.From(live), live.Id, live);

    /// <summary>A room, and how it is on this node.</summary>
    /// <param name="room">What is stored of it.</param>
    /// <param name="id">Its name.</param>
    /// <param name="live">Null while nobody has it open here.</param>
    public static RoomResponse From(StoredRoom room, RoomId id, RoomInfo? live) => new()
    {
        RoomId = room.RoomId,
        Namespace = id.Namespace,
        Title = room.Title,
        Description = room.Description,
        Settings = RoomSettingsDocument.From(room.Overrides),
        AllowedUsers = room.AllowedUsers,
        Permanent = room.IsStored,
        CreatedBy = room.CreatedBy,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(room.CreatedAt),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(room.UpdatedAt),
        Version = room.IsStored ? room.Version : null,
        Epoch = live?.Epoch,
        Offset = live?.Offset,
        Durable = live?.Durable ?? false,
        HistoryCount = live?.HistoryCount ?? 0,
        Connections = live?.Connections ?? 0,
        Members = live?.Members ?? 0,
        Dropped = live?.Dropped ?? 0,
        SlowCloses = live?.SlowCloses ?? 0,
    };
}
