using Causeway.Data;

namespace Causeway.Realtime.Sql;

/// <summary>
/// Hears of nodes that were silent for too long, in the transaction that takes them out: each is told of once, by one of the others. Optional: the cluster's store takes the one that is registered.
/// </summary>
public interface ILostNodeFollower
{
    /// <summary>Nodes are taken out that did not leave of themselves.</summary>
    /// <param name="unit">The transaction; the lease of the node that does it waits for its end.</param>
    /// <param name="nodes">At least one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>When what the follower had to write is written. An exception leaves the nodes to the next that tries.</returns>
    Task FollowAsync(UnitOfWork unit, IReadOnlyList<GoneNode> nodes, CancellationToken cancellationToken);
}
