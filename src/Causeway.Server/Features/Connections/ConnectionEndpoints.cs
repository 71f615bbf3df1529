using Causeway.Http;

namespace Causeway.Server;

/// <summary>Live connections: list, look, close.</summary>
internal static class ConnectionEndpoints
{
    public static void MapConnectionEndpoints(this RouteGroupBuilder api)
    {
        var connections = api.MapGroup("/connections").WithTags("Connections");

        connections.MapGet("", ListConnections.Handle)
            .WithName("listConnections").WithSummary("List live connections, oldest first.")
            .Needs(AccessRule.Operator("connections:read")).Answers<CursorPage<ConnectionResponse>>(200).Refuses(422);
        connections.MapGet("/{connection_id}", GetConnection.Handle)
            .WithName("getConnection").WithSummary("Show one connection.")
            .Needs(AccessRule.Operator("connections:read")).Answers<ConnectionResponse>(200).Refuses(404);
        connections.MapDelete("/{connection_id}", CloseConnection.Handle)
            .WithName("closeConnection").WithSummary("Close a connection with 4502; its client stays away.")
            .Needs(AccessRule.Operator("connections:write")).Answers(204).Refuses(404).Audits("connection.close", "connection:{connection_id}", CloseConnection.Describe);
    }
}
