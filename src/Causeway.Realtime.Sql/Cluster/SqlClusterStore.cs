using Causeway.Data;

namespace Causeway.Realtime.Sql;

/// <summary>The nodes of a cluster and who is on them, in PostgreSQL; its clock counts, so that those of the nodes don't matter.</summary>
internal sealed class SqlClusterStore(Database database, TimeSpan lease, ILostNodeFollower? follower = null) : IClusterStore
{
    public Task<LeaseRenewal> RenewAsync(NodeReport report, bool isNew, IReadOnlyCollection<string> told, CancellationToken cancellationToken) => SqlRoomLogs.UnavailableOr(() => database.WriteAsync(
        async (unit, token) =>
        {
            // A node that stands still with its own row locked could not be taken out, nor could those that it was taking out.
            unit.LimitStandstill();
            var parameters = new { report.Node, report.Name, report.Connections, lease = lease.TotalSeconds, told = told.ToArray() };
            var held = await unit.ExecuteAsync(
                isNew
                    ? """
                      INSERT INTO nodes (node, name, connections, lease_until) VALUES (@Node, @Name, @Connections, now() + make_interval(secs => @lease))
                      ON CONFLICT (node) DO UPDATE SET connections = excluded.connections, lease_until = excluded.lease_until
                      """
                    : "UPDATE nodes SET lease_until = now() + make_interval(secs => @lease), seen_at = now(), connections = @Connections WHERE node = @Node AND lease_until > now()",
                parameters, token).ConfigureAwait(false) > 0;

            var takenOut = told.Count > 0 ? await TakeOutAsync(unit, [.. told], token).ConfigureAwait(false) : [];
            var gone = await unit.QueryAsync<GoneRow>("SELECT node, name, has_left FROM nodes WHERE lease_until <= now() AND node <> @Node AND node <> ALL(@told)", parameters, token).ConfigureAwait(false);
            return new LeaseRenewal(held, gone.ConvertAll(static row => row.ToNode()), takenOut);
        },
        cancellationToken));

    public Task LeaveAsync(string node, CancellationToken cancellationToken) =>
        SqlRoomLogs.UnavailableOr(() => database.WriteAsync(
            async (unit, token) =>
            {
                unit.LimitStandstill();
                await unit.ExecuteAsync("UPDATE nodes SET lease_until = now(), has_left = true, connections = 0 WHERE node = @node", new { node }, token).ConfigureAwait(false);
                return await unit.ExecuteAsync("DELETE FROM node_presence WHERE node = @node", new { node }, token).ConfigureAwait(false);
            },
            cancellationToken));

    public Task<bool> WritePresenceAsync(string node, IReadOnlyList<NodePresence> changes, CancellationToken cancellationToken) => SqlRoomLogs.UnavailableOr(() => database.WriteAsync(
        async (unit, token) =>
        {
            unit.LimitStandstill();

            // Whoever takes the node out waits, so that nothing of it is left behind.
            if ((await unit.QueryAsync<string>("SELECT node FROM nodes WHERE node = @node FOR SHARE", new { node }, token).ConfigureAwait(false)).Count == 0)
            {
                return false;
            }

            var (gone, there) = (changes.Where(static change => change.Devices == 0).ToList(), changes.Where(static change => change.Devices > 0).ToList());
            if (gone.Count > 0)
            {
                await unit.ExecuteAsync(
                    """
                    DELETE FROM node_presence p USING unnest(@rooms, @users) AS gone (room_id, user_id)
                    WHERE p.node = @node AND p.room_id = gone.room_id AND p.user_id IS NOT DISTINCT FROM gone.user_id
                    """,
                    new { node, rooms = Of(gone, static change => change.Room.Value), users = Of(gone, static change => Kept(change.UserId)) }, token).ConfigureAwait(false);
            }

            if (there.Count > 0)
            {
                await unit.ExecuteAsync(
                    """
                    INSERT INTO node_presence (room_id, node, user_id, name, devices, version)
                    SELECT t.room_id, @node, t.user_id, t.name, t.devices, t.version FROM unnest(@rooms, @users, @names, @devices, @versions) AS t (room_id, user_id, name, devices, version)
                    ON CONFLICT (room_id, node, user_id) DO UPDATE SET name = excluded.name, devices = excluded.devices, version = excluded.version
                    """,
                    new
                    {
                        node,
                        rooms = Of(there, static change => change.Room.Value),
                        users = Of(there, static change => Kept(change.UserId)),
                        names = Of(there, static change => Kept(change.Name)),
                        devices = Of(there, static change => change.Devices),
                        versions = Of(there, static change => change.Version),
                    },
                    token).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken));

    public Task<IReadOnlyList<NodePresence>> ReadPresenceAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken) => SqlRoomLogs.UnavailableOr<IReadOnlyList<NodePresence>>(async () =>
        (await database.QueryAsync<PresenceRow>(
            "SELECT room_id, node, user_id, p.name, devices, version FROM node_presence p JOIN nodes USING (node) WHERE room_id = ANY(@rooms) AND lease_until > now()",
            new { rooms = rooms.Select(static room => room.Value).ToArray() }, cancellationToken).ConfigureAwait(false))
        .ConvertAll(static row => new NodePresence(row.Node, RoomId.Parse(row.RoomId, null), row.UserId, row.Name, row.Devices, row.Version)));

    public Task<IReadOnlyList<ClusterNode>> ListAsync(CancellationToken cancellationToken) => SqlRoomLogs.UnavailableOr<IReadOnlyList<ClusterNode>>(async () =>
        (await database.QueryAsync<NodeRow>(
            "SELECT node, name, connections, joined_at, seen_at, lease_until FROM nodes WHERE lease_until > now() ORDER BY joined_at, node", null, cancellationToken).ConfigureAwait(false))
        .ConvertAll(static row => new ClusterNode(row.Node, row.Name, row.Connections, row.JoinedAt, row.SeenAt, row.LeaseUntil)));

    /// <summary>Names come from whoever signs tokens; one that can't be kept must not keep everybody else's presence from being written.</summary>
    private static string? Kept(string? text) => text is null ? null : DatabaseText.Keep(text);

    private async Task<List<GoneNode>> TakeOutAsync(UnitOfWork unit, string[] told, CancellationToken cancellationToken)
    {
        // One node at a time: the others would find nothing but its locks.
        var rows = await unit.QueryAsync<GoneRow>(
            "DELETE FROM nodes WHERE node IN (SELECT node FROM nodes WHERE node = ANY(@told) AND lease_until <= now() FOR UPDATE SKIP LOCKED) RETURNING node, name, has_left", new { told }, cancellationToken)
            .ConfigureAwait(false);
        var taken = rows.ConvertAll(static row => row.ToNode());
        if (follower is not null && taken.FindAll(static node => !node.HasLeft) is { Count: > 0 } lost)
        {
            await follower.FollowAsync(unit, lost, cancellationToken).ConfigureAwait(false);
        }

        return taken;
    }

    private static T[] Of<T>(List<NodePresence> changes, Func<NodePresence, T> value) => [.. changes.Select(value)];

    private sealed record GoneRow
    {
        public required string Node { get; init; }

        public required string Name { get; init; }

        public bool HasLeft { get; init; }

        public GoneNode ToNode() => new(Node, Name, HasLeft);
    }

    private sealed record NodeRow
    {
        public required string Node { get; init; }

        public required string Name { get; init; }

        public int Connections { get; init; }

        public DateTimeOffset JoinedAt { get; init; }

        public DateTimeOffset SeenAt { get; init; }

        public DateTimeOffset LeaseUntil { get; init; }
    }

    private sealed record PresenceRow
    {
        public required string RoomId { get; init; }

        public required string Node { get; init; }

        public string? UserId { get; init; }

        public string? Name { get; init; }

        public int Devices { get; init; }

        public long Version { get; init; }
    }
}
