using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>What tests ask of webhooks.</summary>
internal static class WebhookCalls
{
    public const string Configuration = """{ "RateLimits": { "Enabled": false }, "Webhooks": { "AllowPrivateNetworks": true, "TimeoutSeconds": 1, "CircuitFailures": 3 } }""";

    public static async Task<JsonElement> CreateWebhookAsync(this RunningServer server, string url, string[] events, string[]? rooms = null)
    {
        var body = new JsonObject { ["url"] = url, ["events"] = new JsonArray([.. events.Select(static name => JsonValue.Create(name))]) };
        if (rooms is not null)
        {
            body["rooms"] = new JsonArray([.. rooms.Select(static name => JsonValue.Create(name))]);
        }

        return (await server.PostAsync("/api/v1/webhooks", body.ToJsonString(), server.AdminToken)).AssertStatus(201);
    }

    /// <summary>Sends a test event and gives the delivery.</summary>
    public static async Task<string> TestWebhookAsync(this RunningServer server, string webhook) =>
        (await server.PostAsync($"/api/v1/webhooks/{webhook}/test", "", server.AdminToken)).AssertStatus(202).GetProperty("delivery_id").GetString()!;

    public static async Task<JsonElement> DeliveryAsync(this RunningServer server, string webhook, string delivery) =>
        (await server.GetAsync($"/api/v1/webhooks/{webhook}/deliveries/{delivery}", server.AdminToken)).AssertStatus(200);

    /// <summary>Waits for a delivery to be in a state after so many tries.</summary>
    public static async Task<JsonElement> UntilAsync(this RunningServer server, string webhook, string delivery, string state, int attempts)
    {
        await Eventually.Equal((state, attempts), async () =>
        {
            var shown = (await server.DeliveryAsync(webhook, delivery)).GetProperty("delivery");
            return (shown.GetProperty("state").GetString()!, shown.GetProperty("attempts").GetInt32());
        });
        return await server.DeliveryAsync(webhook, delivery);
    }

    /// <summary>Does not wait for the pause after a failure.</summary>
    public static async Task RetryNowAsync(this RunningServer server, string webhook, string delivery)
    {
        var job = (await server.DeliveryAsync(webhook, delivery)).GetProperty("delivery").GetProperty("job_id").GetString();
        await Eventually.True(async () => (await server.PostAsync($"/api/v1/jobs/{job}/retry", "", server.AdminToken)).Status == 200);
    }

    /// <summary>The newest delivery of an event.</summary>
    public static async Task<string> DeliveryOfAsync(this RunningServer server, string webhook, string type)
    {
        string? found = null;
        await Eventually.True(async () =>
        {
            var page = (await server.GetAsync($"/api/v1/webhooks/{webhook}/deliveries?event_type={type}", server.AdminToken)).AssertStatus(200);
            found = page.GetProperty("items").EnumerateArray().Select(static item => item.Id()).FirstOrDefault();
            return found is not null;
        });
        return found!;
    }

    public static string Id(this JsonElement created) => created.GetProperty("id").GetString()!;
}
