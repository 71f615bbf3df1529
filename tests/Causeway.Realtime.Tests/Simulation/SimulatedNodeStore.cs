namespace Causeway.Realtime.Tests;

/// <summary>Who is alive and where, in the shared database, whose clock counts.</summary>
internal sealed class SimulatedNodeStore(Simulator simulator, SimulatedDatabase database, SimulatedProcess process, TimeSpan lease) : IClusterStore
{
    public Task<LeaseRenewal> RenewAsync(NodeReport report, bool isNew, IReadOnlyCollection<string> told, CancellationToken cancellationToken) => database.AskAsync(
        process,
        () =>
        {
            var held = isNew || IsAlive(report.Node);
            if (held)
            {
                database.Nodes[report.Node] = simulator.Now + lease;
            }

            var taken = told.Where(other => database.Nodes.ContainsKey(other) && !IsAlive(other)).ToList();
            taken.ForEach(Remove);
            var gone = database.Nodes.Keys.Where(other => other != report.Node && !IsAlive(other)).ToList();
            return new LeaseRenewal(held, gone.ConvertAll(Gone), taken.ConvertAll(Gone));
        },
        cancellationToken);

    public Task LeaveAsync(string node, CancellationToken cancellationToken) => database.AskAsync(
        process,
        () =>
        {
            database.Nodes[node] = simulator.Now;
            RemovePresence(node);
            return true;
        },
        cancellationToken);

    public Task<IReadOnlyList<ClusterNode>> ListAsync(CancellationToken cancellationToken) => database.AskAsync<IReadOnlyList<ClusterNode>>(
        process,
        () => [.. database.Nodes.Keys.Where(IsAlive).Select(node => new ClusterNode(node, "", 0, Simulator.Epoch, Simulator.Epoch, Simulator.Epoch + database.Nodes[node]))],
        cancellationToken);

    public Task<bool> WritePresenceAsync(string node, IReadOnlyList<NodePresence> changes, CancellationToken cancellationToken) => database.AskAsync(
        process,
        () =>
        {
            if (!database.Nodes.ContainsKey(node))
            {
                return false;
            }

            foreach (var change in changes)
            {
                var key = (node, change.Room.Value, change.UserId);
                if (change.Devices == 0)
                {
                    database.Presence.Remove(key);
                }
                else
                {
                    database.Presence[key] = change with { Node = node };
                }
            }

            return true;
        },
        cancellationToken);

    public Task<IReadOnlyList<NodePresence>> ReadPresenceAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken) => database.AskAsync<IReadOnlyList<NodePresence>>(
        process,
        () => [.. database.Presence.Values.Where(entry => rooms.Contains(entry.Room) && IsAlive(entry.Node))],
        cancellationToken);

    private static GoneNode Gone(string node) => new(node, "", HasLeft: false);

    private bool IsAlive(string node) => database.Nodes.TryGetValue(node, out var until) && until > simulator.Now;

    private void Remove(string node)
    {
        database.Nodes.Remove(node);
        RemovePresence(node);
    }

    private void RemovePresence(string node)
    {
        foreach (var key in database.Presence.Keys.Where(key => key.Node == node).ToList())
        {
            database.Presence.Remove(key);
        }
    }
}
