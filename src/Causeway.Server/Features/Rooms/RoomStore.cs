using Causeway.Data;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>The stored rooms and the roles in them: the only place with their SQL. What is written says so to the live rooms as well.</summary>
internal sealed class RoomStore(Database database, RoomChanges changes, TimeProvider time)
{
    public Task<StoredRoom?> FindAsync(RoomId room, CancellationToken cancellationToken) => database.QuerySingleOrDefaultAsync<StoredRoom>(
        $"SELECT {StoredRoom.Columns} FROM rooms WHERE room_id = @room", new { room = room.Value }, cancellationToken);

    /// <summary>The role of a user; null for none, or where there is no such room.</summary>
    public async Task<RoomRole?> FindRoleAsync(RoomId room, string userId, CancellationToken cancellationToken) =>
        (RoomRole?)await database.QuerySingleOrDefaultAsync<long?>(
            "SELECT role FROM room_members WHERE room_id = @room AND user_id = @userId", new { room = room.Value, userId }, cancellationToken);

    /// <summary>Rooms of a list: those whose names begin so, and in which a user has a role.</summary>
    /// <param name="prefix">Empty for all.</param>
    /// <param name="member">Null for all.</param>
    public static ListScope Scope(string prefix, string? member)
    {
        // By the index of the names, and not by looking at each.
        var begins = prefix.Length == 0 ? null : "room_id >= @prefix AND room_id < @end";
        var has = member is null ? null : "room_id IN (SELECT m.room_id FROM room_members m WHERE m.user_id = @member)";
        return (begins, has) switch
        {
            (null, null) => ListScope.All,
            (null, _) => new ListScope(has, new { member }),
            (_, null) => new ListScope(begins, new { prefix, end = prefix + "\u007f" }),
            _ => new ListScope($"{begins} AND {has}", new { prefix, end = prefix + "\u007f", member }),
        };
    }

    /// <summary>Those of some names that are stored.</summary>
    public async Task<HashSet<string>> WhichAreStoredAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var stored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var some in names.Chunk(500))
        {
            var chunk = SqlNames.Of(some);
            stored.UnionWith(await database.QueryAsync<string>($"SELECT room_id FROM rooms WHERE room_id IN ({chunk.List})", chunk.Parameters, cancellationToken));
        }

        return stored;
    }

    /// <summary>One user's role, with since when.</summary>
    public Task<AllowedUser?> FindUserAsync(RoomId room, string userId, CancellationToken cancellationToken) => database.QuerySingleOrDefaultAsync<AllowedUser>(
        "SELECT user_id, role, added_at, added_by FROM room_members WHERE room_id = @room AND user_id = @userId", new { room = room.Value, userId }, cancellationToken);

    /// <summary>Users with a role, by id, behind one of them.</summary>
    public Task<List<AllowedUser>> ListUsersAsync(RoomId room, string after, int limit, CancellationToken cancellationToken) => database.QueryAsync<AllowedUser>(
        "SELECT user_id, role, added_at, added_by FROM room_members WHERE room_id = @room AND user_id > @after ORDER BY user_id LIMIT @limit",
        new { room = room.Value, after, limit = (long)limit }, cancellationToken);

    /// <summary>Stores a new room with the roles in it.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="room">What it is; its times and version are set here.</param>
    /// <param name="by">The user who creates it; null for an administrator.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>As it is stored; null where there is one of this name.</returns>
    public async Task<StoredRoom?> CreateAsync(UnitOfWork unit, NewRoom room, string? by, CancellationToken cancellationToken)
    {
        var stored = await InsertAsync(unit, room, by, cancellationToken);
        if (stored is not null)
        {
            await changes.WriteAsync(unit, new RoomChange(RoomChangeKind.Room, RoomId.Parse(stored.RoomId)), cancellationToken);
        }

        return stored;
    }

    /// <summary>Stores many new rooms, as <see cref="CreateAsync"/> does one.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="some">What they are; no two of one name.</param>
    /// <param name="by">The user who creates them; null for an administrator.</param>
    /// <param name="created">What else is to be written of each that is new.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The names of those that are new.</returns>
    public async Task<IReadOnlySet<string>> CreateManyAsync(
        UnitOfWork unit, IEnumerable<NewRoom> some, string? by, Func<NewRoom, StoredRoom, Task> created, CancellationToken cancellationToken)
    {
        // In one order, so that two who store the same ones never wait for each other; and told last, so that nobody waits for all of it.
        var news = new List<RoomChange>();
        foreach (var room in some.OrderBy(static room => room.Room.RoomId, StringComparer.Ordinal))
        {
            if (await InsertAsync(unit, room, by, cancellationToken) is { } stored)
            {
                await created(room, stored);
                news.Add(new RoomChange(RoomChangeKind.Room, RoomId.Parse(stored.RoomId)));
            }
        }

        await changes.WriteAsync(unit, news, cancellationToken);
        return news.Select(static change => change.Room.Value).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A room that the transaction is about to change: on PostgreSQL, which has many writers, others wait for its end.</summary>
    public static Task<StoredRoom?> LockAsync(UnitOfWork unit, RoomId room, CancellationToken cancellationToken) => unit.QuerySingleOrDefaultAsync<StoredRoom>(
        $"SELECT {StoredRoom.Columns} FROM rooms WHERE room_id = @room{(unit.Provider == DatabaseProvider.Postgres ? " FOR UPDATE" : "")}",
        new { room = room.Value }, cancellationToken);

    /// <summary>Changes a locked room.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="room">As it is to be; its time and version are set here.</param>
    /// <param name="users">Who is to have a role, besides owners, who stay; whoever has one keeps it. Null leaves them.</param>
    /// <param name="by">Who changes it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>As it is stored, and who got a role or lost it.</returns>
    public async Task<(StoredRoom Room, RoleChanges Roles)> UpdateAsync(
        UnitOfWork unit, StoredRoom room, IReadOnlyList<string>? users, string? by, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var id = RoomId.Parse(room.RoomId);
        var stored = room with { UpdatedAt = now, Version = room.Version + 1 };
        await unit.ExecuteAsync(
            "UPDATE rooms SET title = @Title, description = @Description, settings = @Settings, updated_at = @UpdatedAt, version = @Version WHERE room_id = @RoomId",
            new { stored.Title, stored.Description, stored.Settings, stored.UpdatedAt, stored.Version, stored.RoomId }, cancellationToken);
        var roles = RoleChanges.None;
        if (users is not null)
        {
            roles = await ReplaceAsync(unit, id, users, by, now, cancellationToken);
            stored = await ReadAsync(unit, id, cancellationToken);
        }

        await changes.WriteAsync(unit, new RoomChange(RoomChangeKind.Room, id), cancellationToken);
        return (stored, roles);
    }

    /// <summary>Deletes a room with the roles in it; whoever is in it on any node is told.</summary>
    public async Task DeleteAsync(UnitOfWork unit, RoomId room, string reason, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync("DELETE FROM rooms WHERE room_id = @room", new { room = room.Value }, cancellationToken);
        await changes.WriteAsync(unit, new RoomChange(RoomChangeKind.Deleted, room, Reason: reason), cancellationToken);
    }

    /// <summary>Gives or takes a user's role in a locked room.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="room">The room.</param>
    /// <param name="userId">The user.</param>
    /// <param name="role">The role; null takes it away.</param>
    /// <param name="by">Who does it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SetRoleAsync(UnitOfWork unit, RoomId room, string userId, RoomRole? role, string? by, CancellationToken cancellationToken)
    {
        if (role is { } given)
        {
            await unit.ExecuteAsync(
                """
                INSERT INTO room_members (room_id, user_id, role, added_at, added_by) VALUES (@room, @userId, @given, @now, @by)
                ON CONFLICT (room_id, user_id) DO UPDATE SET role = excluded.role
                """,
                new { room = room.Value, userId, given = (long)given, now = time.GetUtcNow().ToUnixTimeMilliseconds(), by }, cancellationToken);
        }
        else
        {
            await unit.ExecuteAsync("DELETE FROM room_members WHERE room_id = @room AND user_id = @userId", new { room = room.Value, userId }, cancellationToken);
        }

        await changes.WriteAsync(unit, new RoomChange(RoomChangeKind.User, room, userId), cancellationToken);
    }

    /// <summary>One user's role, with since when, as the transaction sees it.</summary>
    public static Task<AllowedUser?> FindUserAsync(UnitOfWork unit, RoomId room, string userId, CancellationToken cancellationToken) => unit.QuerySingleOrDefaultAsync<AllowedUser>(
        "SELECT user_id, role, added_at, added_by FROM room_members WHERE room_id = @room AND user_id = @userId", new { room = room.Value, userId }, cancellationToken);

    /// <summary>The namespace as it is compared: without case.</summary>
    public static string NamespaceOf(RoomId room) => room.Namespace.ToLowerInvariant();

    private async Task<StoredRoom?> InsertAsync(UnitOfWork unit, NewRoom wanted, string? by, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var stored = wanted.Room with { CreatedBy = by, CreatedAt = now, UpdatedAt = now, Version = 1 };
        var id = RoomId.Parse(stored.RoomId);
        var inserted = await unit.ExecuteAsync(
            """
            INSERT INTO rooms (room_id, namespace, title, description, settings, created_by, created_at, updated_at, version)
            VALUES (@RoomId, @ns, @Title, @Description, @Settings, @CreatedBy, @CreatedAt, @UpdatedAt, @Version)
            ON CONFLICT (room_id) DO NOTHING
            """,
            new
            {
                stored.RoomId,
                ns = NamespaceOf(id),
                stored.Title,
                stored.Description,
                stored.Settings,
                stored.CreatedBy,
                stored.CreatedAt,
                stored.UpdatedAt,
                stored.Version,
            },
            cancellationToken);
        if (inserted == 0)
        {
            return null;
        }

        if (wanted.Roles.Count == 0)
        {
            return stored;
        }

        await AddAsync(unit, id, wanted.Roles, by, now, cancellationToken);
        return await ReadAsync(unit, id, cancellationToken);
    }

    /// <summary>A room that is there, as the transaction sees it.</summary>
    private static async Task<StoredRoom> ReadAsync(UnitOfWork unit, RoomId room, CancellationToken cancellationToken) =>
        (await unit.QuerySingleOrDefaultAsync<StoredRoom>($"SELECT {StoredRoom.Columns} FROM rooms WHERE room_id = @room", new { room = room.Value }, cancellationToken))!;

    private static async Task AddAsync(
        UnitOfWork unit, RoomId room, IReadOnlyDictionary<string, RoomRole> roles, string? by, long now, CancellationToken cancellationToken)
    {
        if (roles.Count > 0)
        {
            await unit.ExecuteAsync(
                "INSERT INTO room_members (room_id, user_id, role, added_at, added_by) VALUES (@room, @user, @role, @now, @by)",
                roles.Select(role => new { room = room.Value, user = role.Key, role = (long)role.Value, now, by }), cancellationToken);
        }
    }

    private static async Task<RoleChanges> ReplaceAsync(UnitOfWork unit, RoomId room, IReadOnlyList<string> users, string? by, long now, CancellationToken cancellationToken)
    {
        var present = await unit.QueryAsync<AllowedUser>(
            "SELECT user_id, role, added_at, added_by FROM room_members WHERE room_id = @room", new { room = room.Value }, cancellationToken);
        var wanted = users.ToHashSet(StringComparer.Ordinal);
        var gone = present.Where(member => member.Role != (long)RoomRole.Owner && !wanted.Contains(member.UserId)).Select(static member => member.UserId).ToList();
        if (gone.Count > 0)
        {
            await unit.ExecuteAsync(
                "DELETE FROM room_members WHERE room_id = @room AND user_id = @user", gone.Select(user => new { room = room.Value, user }), cancellationToken);
        }

        wanted.ExceptWith(present.Select(static member => member.UserId));
        await AddAsync(unit, room, wanted.ToDictionary(static user => user, static _ => RoomRole.Member, StringComparer.Ordinal), by, now, cancellationToken);
        return new RoleChanges([.. wanted.Order(StringComparer.Ordinal)], gone);
    }
}
