namespace Causeway.Realtime;

/// <summary>Brings rooms in memory up to date with the application's directory, one change after the other: an earlier answer never overwrites a later one.</summary>
internal sealed class RoomRefresh(LiveCore core) : IDisposable
{
    /// <summary>As many roles are asked for at once.</summary>
    private const int MaxUsers = 500;

    private const string Reason = "access to this room has changed";

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Reads a room anew, with the roles of all who are in it; one that the directory had and has no more is closed.</summary>
    public Task RunAsync(RoomId id, string? reason, CancellationToken cancellationToken) => InTurnAsync(
        id,
        async (room, directory) =>
        {
            // The roles first: a room that goes between the two answers is then seen to be gone, and not taken for one that nobody may be in any more.
            var users = room.MembersWhere(static member => member.Connection.Identity.UserId is not null)
                .Select(static member => member.Connection.Identity.UserId!).Distinct(StringComparer.Ordinal);
            var roles = new List<(string[] Users, IReadOnlyDictionary<string, RoomRole> Roles)>();
            foreach (var some in users.Chunk(MaxUsers))
            {
                roles.Add((some, await directory.FindRolesAsync(id, some, cancellationToken).ConfigureAwait(false)));
            }

            var entry = await directory.FindAsync(id, null, cancellationToken).ConfigureAwait(false);
            if (IsLost(room, entry))
            {
                await core.Lookup.CloseGoneAsync(room, reason).ConfigureAwait(false);
                return;
            }

            room.Adopt(entry, core.RulesOf(id));
            foreach (var (asked, given) in roles)
            {
                Take(room, asked, given);
            }

            RoomDoor.Reexamine(room, reason ?? Reason);
        },
        cancellationToken);

    /// <summary>Reads one user's role in a room anew; a room that the directory has no more is closed.</summary>
    public Task RunAsync(RoomId id, string userId, string? reason, CancellationToken cancellationToken) => InTurnAsync(
        id,
        async (room, directory) =>
        {
            var roles = await directory.FindRolesAsync(id, [userId], cancellationToken).ConfigureAwait(false);
            if (roles.Count == 0 && IsLost(room, await directory.FindAsync(id, null, cancellationToken).ConfigureAwait(false)))
            {
                await core.Lookup.CloseGoneAsync(room, reason).ConfigureAwait(false);
                return;
            }

            Take(room, [userId], roles);
            RoomDoor.Reexamine(room, reason ?? Reason);
        },
        cancellationToken);

    public void Dispose() => _turn.Dispose();

    private async Task InTurnAsync(RoomId id, Func<Room, IRoomDirectory, Task> refresh, CancellationToken cancellationToken)
    {
        if (core.Lookup.Directory is not { } directory)
        {
            return;
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Before the directory is asked: whoever comes in from here on, with what was asked before, looks again.
            core.Rooms.CountChange();
            if (core.Rooms.Get(id) is { } room)
            {
                await refresh(room, directory).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private static bool IsLost(Room room, RoomEntry? entry) => entry is null && room.Entry is not null;

    private static void Take(Room room, string[] users, IReadOnlyDictionary<string, RoomRole> roles)
    {
        var asked = users.ToHashSet(StringComparer.Ordinal);
        foreach (var member in room.MembersWhere(member => member.Connection.Identity.UserId is { } user && asked.Contains(user)))
        {
            member.Role = roles.TryGetValue(member.Connection.Identity.UserId!, out var role) ? role : null;
        }
    }
}
