using Microsoft.Extensions.Logging;

namespace Causeway.Realtime;

/// <summary>Events 3000–3999.</summary>
internal static partial class RealtimeLog
{
    [LoggerMessage(3001, LogLevel.Warning, "Connection {ConnectionId} closed as too slow (room {RoomId}): over {LimitBytes} bytes were waiting.")]
    public static partial void SlowConsumerClosed(this ILogger logger, string connectionId, string? roomId, int limitBytes);

    [LoggerMessage(3002, LogLevel.Error, "A loop failed at {Work}; its other connections go on.")]
    public static partial void LoopWorkFailed(this ILogger logger, LoopWorkKind work, Exception exception);

    [LoggerMessage(3003, LogLevel.Error, "The handler of {MessageType} failed for connection {ConnectionId}.")]
    public static partial void HandlerFailed(this ILogger logger, string messageType, string connectionId, Exception exception);

    [LoggerMessage(3004, LogLevel.Debug, "Connection {ConnectionId} opened by {UserId} over {Transport}.")]
    public static partial void ConnectionOpened(this ILogger logger, string connectionId, string? userId, Transport transport);

    [LoggerMessage(3005, LogLevel.Debug, "Connection {ConnectionId} ended.")]
    public static partial void ConnectionEnded(this ILogger logger, string connectionId);

    [LoggerMessage(3006, LogLevel.Information, "Connection {ConnectionId} closed by the server: {CloseCode} {Reason}.")]
    public static partial void ConnectionClosed(this ILogger logger, string connectionId, ushort closeCode, string reason);

    [LoggerMessage(3007, LogLevel.Information, "Draining {Connections} connections over {Window}.")]
    public static partial void DrainStarted(this ILogger logger, int connections, TimeSpan window);

    [LoggerMessage(3008, LogLevel.Warning, "Drain cut: {Connections} connections had not left in time and were reset.")]
    public static partial void DrainCut(this ILogger logger, int connections);

    [LoggerMessage(3009, LogLevel.Error, "Room {RoomId} could not be looked up.")]
    public static partial void RoomLookupFailed(this ILogger logger, string roomId, Exception exception);

    [LoggerMessage(3011, LogLevel.Error, "The credential of connection {ConnectionId} could not be checked again.")]
    public static partial void AuthenticationFailed(this ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(3012, LogLevel.Warning, "The log of durable rooms can't be written at the moment; {Messages} messages were not stored, or nobody knows. Publishers are told.")]
    public static partial void RoomLogUnavailable(this ILogger logger, int messages, Exception exception);

    [LoggerMessage(3013, LogLevel.Information, "The log of durable rooms takes messages again.")]
    public static partial void RoomLogIsBack(this ILogger logger);

    [LoggerMessage(3014, LogLevel.Error, "{Messages} messages of durable rooms could not be stored.")]
    public static partial void RoomLogFailed(this ILogger logger, int messages, Exception exception);

    [LoggerMessage(3015, LogLevel.Warning, "The log of room {RoomId} could not be opened.")]
    public static partial void RoomLogNotOpened(this ILogger logger, string roomId, Exception exception);

    [LoggerMessage(3016, LogLevel.Error, "The guard of room {RoomId} failed; what it was asked about was refused.")]
    public static partial void RoomGuardFailed(this ILogger logger, string roomId, Exception exception);

    [LoggerMessage(3026, LogLevel.Warning, "What other nodes have published to room {RoomId} could not be read; it is tried again.")]
    public static partial void RoomNotCaughtUp(this ILogger logger, string roomId, Exception exception);

    [LoggerMessage(3017, LogLevel.Warning, "The other nodes are not heard at the moment.")]
    public static partial void BackplaneInterrupted(this ILogger logger);

    [LoggerMessage(3018, LogLevel.Information, "The other nodes are heard.")]
    public static partial void BackplaneConnected(this ILogger logger);

    [LoggerMessage(3019, LogLevel.Error, "What another node sent can't be read; it was dropped.")]
    public static partial void ClusterItemUnreadable(this ILogger logger, Exception exception);

    [LoggerMessage(3020, LogLevel.Warning, "What other nodes did meanwhile could not be read; it is tried again.")]
    public static partial void NotResynchronised(this ILogger logger, Exception exception);

    [LoggerMessage(3028, LogLevel.Debug, "What other nodes did meanwhile can still not be read; it is tried again.")]
    public static partial void StillNotResynchronised(this ILogger logger, Exception exception);

    [LoggerMessage(3021, LogLevel.Information, "Node {ClusterNode} is gone, and with it who was on it.")]
    public static partial void NodeGone(this ILogger logger, string clusterNode);

    [LoggerMessage(3027, LogLevel.Warning, "Node {ClusterNode} ({NodeName}) did not leave, and was silent for too long: it was taken out.")]
    public static partial void NodeLost(this ILogger logger, string clusterNode, string nodeName);

    [LoggerMessage(3022, LogLevel.Information, "This node is {ClusterNode} in its cluster.")]
    public static partial void NodeEntered(this ILogger logger, string clusterNode);

    [LoggerMessage(3023, LogLevel.Warning, "This node's lease could not be prolonged; the others will take it out when it is over.")]
    public static partial void LeaseNotRenewed(this ILogger logger, Exception exception);

    [LoggerMessage(3029, LogLevel.Debug, "This node's lease can still not be prolonged.")]
    public static partial void LeaseStillNotRenewed(this ILogger logger, Exception exception);

    [LoggerMessage(3024, LogLevel.Warning, "The lease of this node as {ClusterNode} was over: the others have taken it out, and it comes back.")]
    public static partial void LeaseLost(this ILogger logger, string clusterNode);

    [LoggerMessage(3025, LogLevel.Warning, "The other nodes could not be told of {Changes} users who came or went; it is tried again.")]
    public static partial void PresenceNotShared(this ILogger logger, int changes, Exception exception);

    [LoggerMessage(3030, LogLevel.Debug, "The other nodes can still not be told of {Changes} users who came or went; it is tried again.")]
    public static partial void PresenceStillNotShared(this ILogger logger, int changes, Exception exception);

    [LoggerMessage(3010, LogLevel.Information, "Connection {ConnectionId} put out of {Rooms} rooms: {Reason}.")]
    public static partial void ConnectionPutOut(this ILogger logger, string connectionId, int rooms, string reason);
}
