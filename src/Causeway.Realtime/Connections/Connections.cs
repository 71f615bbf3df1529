using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The live connections: send to them, list them, close them.</summary>
public sealed class Connections
{
    /// <summary>Connections there are now.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>A snapshot of all connections, ordered by id (ordinal).</summary>
    public IReadOnlyList<ConnectionInfo> List() => throw new NotImplementedException();

    /// <summary>One connection; null where there is none.</summary>
    public ConnectionInfo? Find(string connectionId) => throw new NotImplementedException();

    /// <summary>Sends to every WebSocket connection of a user.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>.</param>
    /// <param name="payload">A JSON object in UTF-8. Not copied: do not reuse the buffer.</param>
    public SendResult SendToUser(string userId, string type, ReadOnlyMemory<byte> payload) => throw new NotImplementedException();

    /// <summary>Sends to one connection. <see cref="SendResult.Connections"/> is 0 where there is none.</summary>
    public SendResult SendToConnection(string connectionId, string type, ReadOnlyMemory<byte> payload) => throw new NotImplementedException();

    /// <summary>Sends to every connection.</summary>
    public SendResult Broadcast(string type, ReadOnlyMemory<byte> payload) => throw new NotImplementedException();

    /// <summary>Closes one connection; false where there is none.</summary>
    public bool Disconnect(string connectionId, CloseReason reason) => throw new NotImplementedException();

    /// <summary>Closes every connection of a user and says how many there were.</summary>
    public int DisconnectUser(string userId, CloseReason reason) => throw new NotImplementedException();

    /// <summary>Refuses newcomers from now on, tells every client to come back later, and closes all in batches over the first half of the window.</summary>
    /// <param name="window">How long the drain may take in all.</param>
    /// <param name="cancellationToken">Ends the wait: what is still open is reset.</param>
    /// <returns>When the last connection is gone. A second call joins the first.</returns>
    public Task DrainAsync(TimeSpan window, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Totals since the start and levels now.</summary>
    public RealtimeStatistics Statistics => throw new NotImplementedException();
}

/// <summary>Totals since the start and levels now, as the overview shows them.</summary>
/// <param name="WebSockets">WebSocket connections now.</param>
/// <param name="Streams">Event streams now.</param>
/// <param name="Rooms">Rooms now.</param>
/// <param name="Published">Messages published to rooms.</param>
/// <param name="Deliveries">Room messages handed to sockets or streams, each member counting.</param>
/// <param name="Dropped">Messages slow members did not get.</param>
/// <param name="SlowCloses">Members closed as too slow.</param>
/// <param name="BacklogBytes">Bytes waiting for full sockets now.</param>
/// <param name="PublishToSendP50">Median time from publish to the socket, over the last minute or less; null before the first.</param>
/// <param name="PublishToSendP99">The same, 99th percentile.</param>
public sealed record RealtimeStatistics(
    int WebSockets, int Streams, int Rooms, long Published, long Deliveries, long Dropped, long SlowCloses, long BacklogBytes,
    TimeSpan? PublishToSendP50, TimeSpan? PublishToSendP99);
