using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Sql;

/// <summary>Events 9500–9999.</summary>
internal static partial class DurableRoomsLog
{
    [LoggerMessage(9500, LogLevel.Warning, "Messages of the outbox could not be sent; they are tried again.")]
    public static partial void OutboxNotSent(this ILogger logger, Exception exception);

    [LoggerMessage(9502, LogLevel.Debug, "The connection on which other nodes are heard was lost.")]
    public static partial void BackplaneLost(this ILogger logger, Exception exception);

    [LoggerMessage(9503, LogLevel.Warning, "{Frames} notifications to other nodes were not sent; what they tell is found in the database, but for messages that no log holds.")]
    public static partial void ItemsNotSent(this ILogger logger, int frames, Exception exception);

    [LoggerMessage(9501, LogLevel.Error, "A message of type {MessageType} in the outbox is for room {RoomId}, which does not take it ({Code}); it was dropped.")]
    public static partial void OutboxMessageRefused(this ILogger logger, string roomId, string messageType, string code);
}
