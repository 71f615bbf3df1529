using Causeway.Data;

namespace Causeway.Realtime.Sql;

/// <summary>
/// Hears of messages in the transaction that stores them, so that what it writes is kept with them or not at all. Optional: <c>AddDurableRooms</c> takes the one that is registered.
/// </summary>
public interface IRoomLogFollower
{
    /// <summary>Whether it wants to hear of a room's messages. Called for each message; must not wait.</summary>
    bool Follows(RoomId room);

    /// <summary>Messages of rooms that it follows are stored.</summary>
    /// <param name="unit">Their transaction; all publishers of durable rooms wait for its end.</param>
    /// <param name="messages">The messages with their positions; at least one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>When what the follower had to write is written. An exception undoes the publishes.</returns>
    Task FollowAsync(UnitOfWork unit, IReadOnlyList<FollowedMessage> messages, CancellationToken cancellationToken);
}

/// <summary>A message that is stored.</summary>
/// <param name="Room">Its room.</param>
/// <param name="Epoch">The life of the room's log.</param>
/// <param name="Message">The message with its position.</param>
public readonly record struct FollowedMessage(RoomId Room, string Epoch, RoomLogMessage Message);
