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

    [LoggerMessage(1703, LogLevel.Warning, "{Count} deliveries whose jobs are gone were marked as failed; they can be replayed.")]
    public static partial void StrayDeliveriesEnded(this ILogger logger, int count);
}
