using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Sends an endpoint an event that says nothing, even while it is switched off or left alone: for whoever sets it up.</summary>
internal static class TestWebhook
{
    /// <summary>The delivery that was made.</summary>
    /// <param name="DeliveryId">Where it can be watched.</param>
    internal sealed record TestedResponse(string DeliveryId);

    public static async Task<IResult> HandleAsync(
        string webhook_id, HttpContext context, WebhookStore store, WebhookEvents events, WebhookDesk desk, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(webhook_id, cancellationToken) is null)
        {
            return WebhookRules.NotFound.ToResult();
        }

        var one = new WebhookEvent(WebhookEventTypes.Test, time.GetUtcNow(), new JsonObject { ["webhook_id"] = webhook_id }.ToJsonString()) { Only = webhook_id };
        var made = await database.WriteAsync(
            async (unit, token) =>
            {
                var deliveries = await events.WriteAsync(unit, one, token);
                await desk.NoteAsync(unit, context, "webhook.test", webhook_id, null, token);
                return deliveries;
            },
            cancellationToken);
        return made is [var delivery]
            ? TypedResults.Json(new TestedResponse(delivery), statusCode: StatusCodes.Status202Accepted)
            : WebhookRules.NotFound.ToResult();
    }
}
