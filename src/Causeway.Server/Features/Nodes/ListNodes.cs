using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lists the nodes that share their rooms. There are few, so all fit on one page.</summary>
internal static class ListNodes
{
    /// <summary>A node.</summary>
    internal sealed record NodeResponse
    {
        /// <summary>Its id in the cluster, another one each time it comes; null for a process on its own.</summary>
        public required string? Id { get; init; }

        /// <summary>Its name, as <c>connected</c> tells clients.</summary>
        public required string Name { get; init; }

        /// <summary>Whether it gives this answer.</summary>
        public required bool Self { get; init; }

        /// <summary>Live connections on it, when it was seen.</summary>
        public required int Connections { get; init; }

        /// <summary>Since when it is there.</summary>
        public required DateTimeOffset JoinedAt { get; init; }

        /// <summary>When it reported last.</summary>
        public required DateTimeOffset SeenAt { get; init; }

        /// <summary>When the others take it out, unless it reports before; null for a process on its own.</summary>
        public required DateTimeOffset? LeaseUntil { get; init; }
    }

    /// <summary>All of them.</summary>
    internal sealed record NodeList(IReadOnlyList<NodeResponse> Items);

    public static async Task<NodeList> HandleAsync(Realtime.Rooms rooms, Realtime.Connections connections, ServiceFacts facts, TimeProvider time, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<IClusterStore>() is not { } store)
        {
            return new NodeList(
            [
                new NodeResponse
                {
                    Id = null,
                    Name = connections.Node,
                    Self = true,
                    Connections = connections.Count,
                    JoinedAt = facts.StartedAt,
                    SeenAt = time.GetUtcNow(),
                    LeaseUntil = null,
                },
            ]);
        }

        var own = rooms.NodeId;
        return new NodeList([.. (await store.ListAsync(cancellationToken)).Select(node => new NodeResponse
        {
            Id = node.Node,
            Name = node.Name,
            Self = node.Node == own,
            Connections = node.Connections,
            JoinedAt = node.JoinedAt,
            SeenAt = node.SeenAt,
            LeaseUntil = node.LeaseUntil,
        })]);
    }
}
