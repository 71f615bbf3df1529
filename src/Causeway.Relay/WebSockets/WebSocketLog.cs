using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>What the relay of WebSockets logs; its event ids are 5200–5299.</summary>
internal static partial class WebSocketLog
{
    [LoggerMessage(5200, LogLevel.Debug, "The backend {Backend} was reached, but its answer to a WebSocket handshake is not valid: {Flaw}")]
    public static partial void BackendHandshakeInvalid(this ILogger logger, string backend, string flaw);

    [LoggerMessage(5201, LogLevel.Debug, "A WebSocket to the backend {Backend} was refused by it with {Status}.")]
    public static partial void BackendRefusedWebSocket(this ILogger logger, string backend, int status);

    [LoggerMessage(5203, LogLevel.Debug, "A relayed WebSocket ends, because one side broke the protocol: {Flaw}")]
    public static partial void RelayedWebSocketFailed(this ILogger logger, string flaw);

    [LoggerMessage(5204, LogLevel.Debug, "A relayed WebSocket ends: it was silent for {IdleSeconds} s.")]
    public static partial void RelayedWebSocketIdle(this ILogger logger, double idleSeconds);

    [LoggerMessage(5205, LogLevel.Debug, "A relayed WebSocket is cut: one side took nothing for {IdleSeconds} s.")]
    public static partial void RelayedWebSocketStuck(this ILogger logger, double idleSeconds);

    [LoggerMessage(5206, LogLevel.Information, "Sending away {Count} relayed WebSockets within {Seconds} s.")]
    public static partial void RelayedWebSocketsDraining(this ILogger logger, int count, double seconds);

    [LoggerMessage(5207, LogLevel.Warning, "{Count} relayed WebSockets had not ended in time and were cut.")]
    public static partial void RelayedWebSocketsCut(this ILogger logger, int count);

    [LoggerMessage(5208, LogLevel.Warning, "The backend {Backend} has its {Limit} WebSockets; another was refused.")]
    public static partial void WebSocketQuotaReached(this ILogger logger, string backend, int limit);
}
