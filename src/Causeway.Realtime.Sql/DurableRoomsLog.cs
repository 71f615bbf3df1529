using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Sql;

/// <summary>Events 9500–9999.</summary>
internal static partial class DurableRoomsLog
{
    [LoggerMessage(9500, LogLevel.Warning, "Messages of the outbox could not be sent; they are tried again.")]
    public static partial void OutboxNotSent(this ILogger logger, Exception exception);

    [LoggerMessage(9501, LogLevel.Error, "A message of type {MessageType} in the outbox is for room {RoomId}, which does not take it ({Code}); it was dropped.")]
    public static partial void OutboxMessageRefused(this ILogger logger, string roomId, string messageType, string code);
}
