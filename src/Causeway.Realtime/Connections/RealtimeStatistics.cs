namespace Causeway.Realtime;

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
