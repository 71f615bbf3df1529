using System.Text.Json.Nodes;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Closes one live connection with 4502, so that its client stays away.</summary>
internal static class CloseConnection
{
    /// <summary>For the audit log: whose it is.</summary>
    public static JsonObject? Describe(EndpointFilterInvocationContext invocation)
    {
        var context = invocation.HttpContext;
        var connections = context.RequestServices.GetRequiredService<Realtime.Connections>();
        return context.GetRouteValue("connection_id") is string id && connections.Find(id) is { } connection
            ? new JsonObject { ["user_id"] = connection.UserId, ["remote_address"] = connection.RemoteAddress }
            : null;
    }

    public static IResult Handle(string connection_id, Realtime.Connections connections) =>
        connections.Disconnect(connection_id, CloseReason.DisconnectedByOperator)
            ? TypedResults.NoContent()
            : ConnectionErrors.NotFound.ToResult();
}
