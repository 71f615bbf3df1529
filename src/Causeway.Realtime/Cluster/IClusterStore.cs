namespace Causeway.Realtime;

/// <summary>What the nodes of a cluster know of each other: which are alive, and who is in which room on them.</summary>
/// <remarks>What can't be done at the moment is a <see cref="RoomLogUnavailableException"/>.</remarks>
public interface IClusterStore
{
    /// <summary>
    /// Enters a node, or prolongs its lease; says whose lease is over, and takes those of them out that all have been told of, with everybody on them: in this order, so that none goes unsaid when whoever found
    /// it ends, or does not get the answer. A lease that is over is never prolonged. A node never takes out itself: nobody might hear of it.
    /// </summary>
    /// <param name="report">The node as it is now.</param>
    /// <param name="isNew">Whether it is to be entered.</param>
    /// <param name="told">Nodes to take out: those that were <see cref="LeaseRenewal.Gone"/> before. One that another node has taken out meanwhile changes nothing.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<LeaseRenewal> RenewAsync(NodeReport report, bool isNew, IReadOnlyCollection<string> told, CancellationToken cancellationToken);

    /// <summary>Ends a node's lease, with everybody on it gone: those that renew their own take it out.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task LeaveAsync(string node, CancellationToken cancellationToken);

    /// <summary>Writes down who is in rooms on a node, all or nothing.</summary>
    /// <param name="node">The node.</param>
    /// <param name="changes">Each user of a room once.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>False when the node has lost its lease: nothing was written.</returns>
    Task<bool> WritePresenceAsync(string node, IReadOnlyList<NodePresence> changes, CancellationToken cancellationToken);

    /// <summary>Who is in rooms on the nodes that are alive.</summary>
    /// <param name="rooms">The rooms.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<IReadOnlyList<NodePresence>> ReadPresenceAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken);

    /// <summary>The nodes that are alive, in the order in which they came.</summary>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<IReadOnlyList<ClusterNode>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>What a node says of itself when it prolongs its lease.</summary>
/// <param name="Node">The node: another one each time it comes.</param>
/// <param name="Name">What operators know it by.</param>
/// <param name="Connections">Live connections on it.</param>
public sealed record NodeReport(string Node, string Name, int Connections);

/// <summary>A node that is alive, as its last report had it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">What operators know it by.</param>
/// <param name="Connections">Live connections on it, when it reported last.</param>
/// <param name="JoinedAt">When it came.</param>
/// <param name="SeenAt">When it reported last.</param>
/// <param name="LeaseUntil">When the others take it out, unless it reports before.</param>
public sealed record ClusterNode(string Node, string Name, int Connections, DateTimeOffset JoinedAt, DateTimeOffset SeenAt, DateTimeOffset LeaseUntil);

/// <summary>What came of prolonging a lease.</summary>
/// <param name="IsHeld">False when it was over: the node is out.</param>
/// <param name="Gone">Nodes whose lease is over and that nobody has taken out yet: to be told of, and named in the next renewal. Others may find them too.</param>
/// <param name="TakenOut">Nodes that are taken out with this renewal, and by no other.</param>
public sealed record LeaseRenewal(bool IsHeld, IReadOnlyList<GoneNode> Gone, IReadOnlyList<GoneNode> TakenOut);

/// <summary>A node whose lease is over.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">What operators knew it by.</param>
/// <param name="HasLeft">Whether it left of itself; false where its lease ran out.</param>
public sealed record GoneNode(string Node, string Name, bool HasLeft);

/// <summary>A user in a room on a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Room">The room.</param>
/// <param name="UserId">The user; null for all without identity together.</param>
/// <param name="Name">The user's name.</param>
/// <param name="Devices">Their connections in it; 0 when they are not there.</param>
/// <param name="Version">Grows with every change on the node.</param>
public sealed record NodePresence(string Node, RoomId Room, string? UserId, string? Name, int Devices, long Version);
