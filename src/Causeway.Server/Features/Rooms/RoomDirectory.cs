using System.Diagnostics.Metrics;
using Causeway.Concurrency;
using Causeway.Data;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>The database as the live service's directory of rooms: one look by key per question, and none for a user with a role who was looked up a moment ago.</summary>
/// <remarks>Every change of a room says so by <see cref="Forget"/>: on the node that makes it with the commit, on others when they read of it.</remarks>
internal sealed class RoomDirectory(Database database, TimeProvider time, IMeterFactory meters) : IRoomDirectory, IDisposable
{
    // No longer than a node that hears of no changes, because its database is ill, may go on by what it knew.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly Cache<string, RoomEntry?> _entries =
        new(new CacheOptions { Name = "room_directory", Lifetime = Kept, MaxEntries = 50_000 }, time, meters);

    public ValueTask<RoomEntry?> FindAsync(RoomId room, string? userId, CancellationToken cancellationToken) => _entries.GetOrAddAsync(
        KeyOf(room, userId),
        async (load, token) =>
        {
            load.Tag(room.Value);
            var entry = await ReadAsync(room, userId, token);
            if (entry?.Role is null)
            {
                // Whoever was just let in, by whichever node, must not be kept out by what was true before.
                load.DoNotKeep();
            }

            return entry;
        },
        cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, RoomRole>> FindRolesAsync(
        RoomId room, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        var names = SqlNames.Of(userIds, new { room = room.Value });
        var rows = await database.QueryAsync<AllowedUser>(
            $"SELECT user_id, role, added_at, added_by FROM room_members WHERE room_id = @room AND user_id IN ({names.List})", names.Parameters, cancellationToken);
        return rows.ToDictionary(static row => row.UserId, static row => (RoomRole)row.Role, StringComparer.Ordinal);
    }

    public async ValueTask<string?> FindReasonAsync(RoomId room, CancellationToken cancellationToken) => await database.QuerySingleOrDefaultAsync<string>(
        "SELECT reason FROM room_changes WHERE room_id = @room AND kind = @deleted ORDER BY number DESC LIMIT 1", new { room = room.Value, deleted = (long)RoomChangeKind.Deleted }, cancellationToken);

    /// <summary>Has what a change concerns read anew by whoever asks from here on.</summary>
    public void Forget(RoomChange change)
    {
        if (change.Kind == RoomChangeKind.User)
        {
            _entries.Remove(KeyOf(change.Room, change.UserId));
        }
        else
        {
            _entries.RemoveTag(change.Room.Value);
        }
    }

    /// <summary>The same for everything.</summary>
    public void ForgetAll() => _entries.Clear();

    public void Dispose() => _entries.Dispose();

    private async Task<RoomEntry?> ReadAsync(RoomId room, string? userId, CancellationToken cancellationToken)
    {
        var found = await database.QuerySingleOrDefaultAsync<Found>(
            """
            SELECT r.settings, m.role FROM rooms r LEFT JOIN room_members m ON m.room_id = r.room_id AND m.user_id = @userId WHERE r.room_id = @room
            """,
            new { room = room.Value, userId = userId ?? "" }, cancellationToken);
        return found is null ? null : new RoomEntry(StoredRoom.ReadOverrides(found.Settings), (RoomRole?)found.Role);
    }

    // A room's name has no line feed, so no two run into each other.
    private static string KeyOf(RoomId room, string? userId) => $"{room.Value}\n{userId}";

    private sealed record Found
    {
        public string? Settings { get; init; }

        public long? Role { get; init; }
    }
}
