using Causeway.Data;

namespace Causeway.Realtime.Sql;

/// <summary>What an application may do with the logs of durable rooms in a transaction of its own.</summary>
public static class RoomLogs
{
    /// <summary>Ends the log of a room, if it has one, together with what else the transaction does. After the commit <see cref="Rooms.Close"/> puts its members out, on each node.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether there was one.</returns>
    public static Task<bool> DeleteAsync(UnitOfWork unit, RoomId room, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(room);
        return SqlRoomLogs.DeleteAsync(unit, room, cancellationToken);
    }
}
