using Causeway.Http;

namespace Causeway.Server;

/// <summary>Webhooks and their deliveries, as whoever runs the service sees them.</summary>
internal static class WebhookEndpoints
{
    private static readonly ApiList<WebhookRow> List = new(
        "webhooks",
        WebhookRow.Columns,
        "webhooks",
        "-created_at",
        [
            ListField.Boolean("active") with { Sortable = false },
            ListField.Text("url") with { Sortable = false },
            ListField.Text("description") with { Filters = FilterOperators.Contains, Sortable = false, Nullable = true },
            ListField.Time("created_at"),
        ]);

    public static void MapWebhookEndpoints(this RouteGroupBuilder api)
    {
        var (read, write) = (AccessRule.Operator("webhooks:read"), AccessRule.Operator("webhooks:write"));
        var webhooks = api.MapGroup("/webhooks").WithTags("Webhooks").WithoutCompression();

        webhooks.MapList(List, static row => WebhookResponse.From(row, TimeProvider.System.GetUtcNow()), static (_, _) => ListScope.All)
            .WithName("listWebhooks").WithSummary("List webhooks without their keys.")
            .Needs(read);
        webhooks.MapPost("", CreateWebhook.HandleAsync)
            .WithName("createWebhook").WithSummary("Make a webhook. Its key is in the answer, and nowhere else.")
            .Needs(write).TakesIdempotencyKey().Answers<WebhookResponse>(201).Tags(201).Refuses(422, 503);
        webhooks.MapGet("/{webhook_id}", UpdateWebhook.ShowAsync)
            .WithName("getWebhook").WithSummary("Show one webhook, without its keys.")
            .Needs(read).Answers<WebhookResponse>(200).Tags(200).Refuses(404, 503);
        webhooks.MapPatch("/{webhook_id}", UpdateWebhook.HandleAsync)
            .WithName("updateWebhook").WithSummary("Change a webhook; what is not named stays.")
            .Needs(write).Answers<WebhookResponse>(200).Tags(200).Refuses(404, 412, 422, 503);
        webhooks.MapDelete("/{webhook_id}", UpdateWebhook.DeleteAsync)
            .WithName("deleteWebhook").WithSummary("Delete a webhook, with what waits to be sent to it.")
            .Needs(write).Answers(204).Refuses(404, 412, 503);
        webhooks.MapPost("/{webhook_id}/rotate-secret", RotateSecret.HandleAsync)
            .WithName("rotateWebhookSecret").WithSummary("Give a webhook another key. Both sign for a while; the new one is in the answer, and nowhere else.")
            .Needs(write).Answers<WebhookResponse>(200).Tags(200).Refuses(404, 412, 422, 503);
        webhooks.MapPost("/{webhook_id}/test", TestWebhook.HandleAsync)
            .WithName("testWebhook").WithSummary("Send the endpoint an event webhook.test, even while it is switched off or left alone.")
            .Needs(write).Answers<TestWebhook.TestedResponse>(202).Refuses(404, 503);
        webhooks.MapPost("/{webhook_id}/replay-failed", Deliveries.ReplayFailedAsync)
            .WithName("replayFailedDeliveries").WithSummary("Send again what failed since a moment, up to 10,000 deliveries.")
            .Needs(write).TakesIdempotencyKey().Answers<Deliveries.ReplayedResponse>(200).Refuses(404);
        webhooks.MapGet("/{webhook_id}/deliveries", Deliveries.ListAsync)
            .WithName("listDeliveries").WithSummary("List what was sent to an endpoint and what waits to be, with what came of it.")
            .WithList(Deliveries.List.Schema).Needs(read).Answers<ListPage<DeliveryResponse>>(200).Refuses(404, 422, 503);
        webhooks.MapGet("/{webhook_id}/deliveries/{delivery_id}", Deliveries.ShowAsync)
            .WithName("getDelivery").WithSummary("Show one delivery with what is sent and all its tries.")
            .Needs(read).Answers<DeliveryDetails>(200).Refuses(404, 503);
        webhooks.MapPost("/{webhook_id}/deliveries/{delivery_id}/replay", Deliveries.ReplayAsync)
            .WithName("replayDelivery").WithSummary("Send one again that is over: the same event, with all its tries.")
            .Needs(write).Answers<DeliveryResponse>(202).Refuses(404, 409, 503);
    }
}
