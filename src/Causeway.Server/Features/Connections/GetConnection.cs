namespace Causeway.Server;

/// <summary>Shows one live connection.</summary>
internal static class GetConnection
{
    public static IResult Handle(string connection_id, Realtime.Connections connections) => connections.Find(connection_id) is { } found
        ? TypedResults.Ok(ConnectionResponse.From(found))
        : ConnectionErrors.NotFound.ToResult();
}
