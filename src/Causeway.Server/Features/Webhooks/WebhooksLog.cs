namespace Causeway.Server;

/// <summary>What the server logs of webhooks.</summary>
internal static partial class WebhooksLog
{
    [LoggerMessage(1700, LogLevel.Warning, "The endpoint of webhook {WebhookId} is left alone for a while after {Failures} failures in a row; the last: {Error}")]
    public static partial void EndpointLeftAlone(this ILogger logger, string webhookId, long failures, string error);

    [LoggerMessage(1701, LogLevel.Information, "The endpoint of webhook {WebhookId} answers again.")]
    public static partial void EndpointIsBack(this ILogger logger, string webhookId);

    [LoggerMessage(1702, LogLevel.Warning, "Delivery {DeliveryId} of {EventType} to webhook {WebhookId} has failed for good: {Error}")]
    public static partial void DeliveryFailed(this ILogger logger, string deliveryId, string eventType, string webhookId, string error);

    [LoggerMessage(1704, LogLevel.Error, "{Count} events of connections and rooms were lost, since those before could not be written down in time. Endpoints are told by events.lost.")]
    public static partial void EventsLost(this ILogger logger, long count);

    [LoggerMessage(1705, LogLevel.Warning, "Events of connections and rooms can't be written down at the moment; they wait in memory.")]
    public static partial void EventsWait(this ILogger logger, Exception exception);

    [LoggerMessage(1707, LogLevel.Error, "The service stops, and {Count} events of connections and rooms could not be written down; nobody is told of them.")]
    public static partial void EventsLeftUnwritten(this ILogger logger, int count);

    [LoggerMessage(1706, LogLevel.Information, "Events of connections and rooms are written down again.")]
    public static partial void EventsAreWrittenAgain(this ILogger logger);

    [LoggerMessage(1703, LogLevel.Warning, "{Count} deliveries whose jobs are gone were marked as failed; they can be replayed.")]
    public static partial void StrayDeliveriesEnded(this ILogger logger, int count);
}
