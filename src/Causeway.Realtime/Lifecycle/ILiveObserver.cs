namespace Causeway.Realtime;

/// <summary>
/// Hears what happens to connections and in rooms on this node, for whoever tells others of it. Optional: register one as a singleton beside <c>AddRealtime</c>. Without one, or where it
/// wants nothing, nothing is made.
/// </summary>
/// <remarks>Called from the live paths, some of them under a lock: it must neither wait nor throw, nor call back.</remarks>
public interface ILiveObserver
{
    /// <summary>Whether it wants to hear of such an event.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="room">Where; null for what happens in no room.</param>
    bool Wants(LiveEventKind kind, RoomId? room);

    /// <summary>Takes an event that it wanted.</summary>
    /// <param name="live">What happened.</param>
    void Take(LiveEvent live);
}

/// <summary>What happens to connections and in rooms.</summary>
public enum LiveEventKind
{
    /// <summary>A connection was let in.</summary>
    Connected,

    /// <summary>A connection ended, whoever ended it.</summary>
    Disconnected,

    /// <summary>A connection became a member of a room.</summary>
    Joined,

    /// <summary>A connection is no member of a room any more: it left, was put out, or ended.</summary>
    Left,

    /// <summary>A message was published in a room that keeps none on disk. Ephemeral ones, such as typing, are not told of.</summary>
    Published,
}

/// <summary>Something that happened.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">When.</param>
public sealed record LiveEvent(LiveEventKind Kind, DateTimeOffset At)
{
    /// <summary>The place of this event among those of its connection, from 1 and without holes; of a message its offset, 0 where the room gives none.</summary>
    public long Sequence { get; init; }

    /// <summary>Where.</summary>
    public RoomId? Room { get; init; }

    /// <summary>The connection; null for a message.</summary>
    public string? ConnectionId { get; init; }

    /// <summary>The user behind the connection; null where none is known.</summary>
    public string? UserId { get; init; }

    /// <summary>The user's name for people.</summary>
    public string? UserName { get; init; }

    /// <summary>How the connection came.</summary>
    public Transport? Transport { get; init; }

    /// <summary>From where the connection came.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>The message's envelope in UTF-8, as clients get it.</summary>
    public ReadOnlyMemory<byte> Envelope { get; init; }
}
