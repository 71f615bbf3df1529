using Causeway.Data;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>The database as the live service's directory of rooms: one look by key per question.</summary>
internal sealed class RoomDirectory(Database database) : IRoomDirectory
{
    public async ValueTask<RoomEntry?> FindAsync(RoomId room, string? userId, CancellationToken cancellationToken)
    {
        var found = await database.QuerySingleOrDefaultAsync<Found>(
            """
            SELECT r.settings, m.role FROM rooms r LEFT JOIN room_members m ON m.room_id = r.room_id AND m.user_id = @userId WHERE r.room_id = @room
            """,
            new { room = room.Value, userId = userId ?? "" }, cancellationToken);
        return found is null ? null : new RoomEntry(StoredRoom.ReadOverrides(found.Settings), (RoomRole?)found.Role);
    }

    public async ValueTask<IReadOnlyDictionary<string, RoomRole>> FindRolesAsync(
        RoomId room, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        var names = SqlNames.Of(userIds, new { room = room.Value });
        var rows = await database.QueryAsync<AllowedUser>(
            $"SELECT user_id, role, added_at, added_by FROM room_members WHERE room_id = @room AND user_id IN ({names.List})", names.Parameters, cancellationToken);
        return rows.ToDictionary(static row => row.UserId, static row => (RoomRole)row.Role, StringComparer.Ordinal);
    }

    private sealed record Found
    {
        public string? Settings { get; init; }

        public long? Role { get; init; }
    }
}
