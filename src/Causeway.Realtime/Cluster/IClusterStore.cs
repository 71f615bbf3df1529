namespace Causeway.Realtime;

/// <summary>What the nodes of a cluster know of each other: which are alive, and who is in which room on them.</summary>
/// <remarks>What can't be done at the moment is a <see cref="RoomLogUnavailableException"/>.</remarks>
public interface IClusterStore
{
    /// <summary>Enters a node, or prolongs its lease; and takes those out whose lease is over, with everybody on them.</summary>
    /// <param name="node">The node.</param>
    /// <param name="name">What operators know it by.</param>
    /// <param name="isNew">Whether it is to be entered.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<LeaseRenewal> RenewAsync(string node, string name, bool isNew, CancellationToken cancellationToken);

    /// <summary>Takes a node out, with everybody on it.</summary>
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
}

/// <summary>What came of prolonging a lease.</summary>
/// <param name="IsHeld">False when it was over, and the node taken out.</param>
/// <param name="Gone">Nodes that were taken out now.</param>
public sealed record LeaseRenewal(bool IsHeld, IReadOnlyList<string> Gone);

/// <summary>A user in a room on a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Room">The room.</param>
/// <param name="UserId">The user; null for all without identity together.</param>
/// <param name="Name">The user's name.</param>
/// <param name="Devices">Their connections in it; 0 when they are not there.</param>
/// <param name="Version">Grows with every change on the node.</param>
public sealed record NodePresence(string Node, RoomId Room, string? UserId, string? Name, int Devices, long Version);
