namespace Causeway.Server;

/// <summary>The nodes of the cluster.</summary>
internal static class NodeEndpoints
{
    public static void MapNodeEndpoints(this RouteGroupBuilder api) =>
        api.MapGet("/nodes", ListNodes.HandleAsync)
            .WithTags("Nodes").WithName("listNodes").WithSummary("List the nodes that are alive, in the order in which they came.")
            .Needs(AccessRule.Operator("connections:read")).Answers<ListNodes.NodeList>(200);
}
