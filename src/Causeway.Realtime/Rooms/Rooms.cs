using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The rooms: publish to them, list them, and look inside.</summary>
public sealed class Rooms
{
    /// <summary>Rooms there are now.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>Publishes one message to a room, as the server: namespace rules on who may publish do not apply.</summary>
    /// <param name="room">The room; created when the namespace allows it.</param>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>.</param>
    /// <param name="payload">A JSON object in UTF-8. Not copied: do not reuse the buffer.</param>
    /// <param name="options">Sender, conflation key; null for none.</param>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    /// <returns>The message's id and offset, or why it was refused.</returns>
    public ValueTask<PublishResult> PublishAsync(
        RoomId room, string type, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>A snapshot of all rooms, ordered by id (ordinal).</summary>
    public IReadOnlyList<RoomInfo> List() => throw new NotImplementedException();

    /// <summary>One room; null where there is none.</summary>
    public RoomInfo? Find(RoomId room) => throw new NotImplementedException();

    /// <summary>Creates a room that stays until it is deleted.</summary>
    /// <returns>Null, or why not: <see cref="ErrorCode.Conflict"/> when it was created before.</returns>
    public ApiError? Create(RoomId room, RoomSettings settings) => throw new NotImplementedException();

    /// <summary>Replaces what a room was created with.</summary>
    /// <returns>Null, or <see cref="ErrorCode.RoomNotFound"/>.</returns>
    public ApiError? Update(RoomId room, RoomSettings settings) => throw new NotImplementedException();

    /// <summary>Ends a room: its members get <c>room_closed</c> and are out, its log is gone.</summary>
    /// <returns>Whether there was such a room.</returns>
    public bool Delete(RoomId room, string reason) => throw new NotImplementedException();

    /// <summary>Who is in a room, in the order of user ids (ordinal, null first); null where there is no such room.</summary>
    public IReadOnlyList<RoomMember>? Members(RoomId room) => throw new NotImplementedException();

    /// <summary>A piece of a room's log, ascending; null where there is no such room. Each message is its envelope in UTF-8.</summary>
    /// <param name="room">The room.</param>
    /// <param name="after">Only offsets greater than this; null from the start of the log (or, with no bounds, the newest).</param>
    /// <param name="before">Only offsets less than this; null for no bound.</param>
    /// <param name="limit">At most this many, 1–100: the oldest with <paramref name="after"/>, else the newest.</param>
    public IReadOnlyList<StoredMessage>? History(RoomId room, long? after, long? before, int limit) => throw new NotImplementedException();

    /// <summary>Puts a user's connections out of a room; each gets <c>kicked</c>.</summary>
    /// <returns>How many were in it.</returns>
    public int KickUser(RoomId room, string userId, string reason) => throw new NotImplementedException();

    /// <summary>Puts one connection out of a room; it gets <c>kicked</c>.</summary>
    public bool KickConnection(RoomId room, string connectionId, string reason) => throw new NotImplementedException();
}

/// <summary>A message of a room's log.</summary>
/// <param name="Offset">Its position, from 1.</param>
/// <param name="Json">The envelope in UTF-8, as clients get it.</param>
public readonly record struct StoredMessage(long Offset, ReadOnlyMemory<byte> Json);
