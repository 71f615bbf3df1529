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
            var entry = await directory.FindAsync(id, null, cancellationToken).ConfigureAwait(false);
            if (entry is null && room.Entry is not null)
            {
                core.Rooms.Close(room, reason ?? "deleted");
                return;
            }

            room.Adopt(entry, core.RulesOf(id));
            var users = room.MembersWhere(static member => member.Connection.Identity.UserId is not null)
                .Select(static member => member.Connection.Identity.UserId!).Distinct(StringComparer.Ordinal);
            foreach (var some in users.Chunk(MaxUsers))
            {
                await TakeRolesAsync(room, directory, some, cancellationToken).ConfigureAwait(false);
            }

            RoomDoor.Reexamine(room, reason ?? Reason);
        },
        cancellationToken);

    /// <summary>Reads one user's role in a room anew.</summary>
    public Task RunAsync(RoomId id, string userId, string? reason, CancellationToken cancellationToken) => InTurnAsync(
        id,
        async (room, directory) =>
        {
            await TakeRolesAsync(room, directory, [userId], cancellationToken).ConfigureAwait(false);
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

    private static async Task TakeRolesAsync(Room room, IRoomDirectory directory, string[] users, CancellationToken cancellationToken)
    {
        var roles = await directory.FindRolesAsync(room.Id, users, cancellationToken).ConfigureAwait(false);
        var asked = users.ToHashSet(StringComparer.Ordinal);
        foreach (var member in room.MembersWhere(member => member.Connection.Identity.UserId is { } user && asked.Contains(user)))
        {
            member.Role = roles.TryGetValue(member.Connection.Identity.UserId!, out var role) ? role : null;
        }
    }
}
