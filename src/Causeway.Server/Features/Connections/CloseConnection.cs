using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Closes one live connection with 4502, so that its client stays away.</summary>
internal static class CloseConnection
{
    public static IResult Handle(string connection_id, Realtime.Connections connections) =>
        connections.Disconnect(connection_id, CloseReason.DisconnectedByOperator)
            ? TypedResults.NoContent()
            : ConnectionErrors.NotFound.ToResult();
}
