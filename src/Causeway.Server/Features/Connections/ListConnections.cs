using Causeway.Http;

namespace Causeway.Server;

/// <summary>Lists live connections in the order of their ids, which is the order in which they came.</summary>
internal static class ListConnections
{
    public static CursorPage<ConnectionResponse> Handle(PageRequest page, Realtime.Connections connections)
    {
        var found = CursorPage.From(connections.List(), static connection => connection.Id, page, "connections");
        return new CursorPage<ConnectionResponse>([.. found.Items.Select(ConnectionResponse.From)], found.NextCursor, found.HasNext);
    }
}
