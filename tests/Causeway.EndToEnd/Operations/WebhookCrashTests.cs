using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.EndToEnd.Operations;

/// <summary>F11 with the real program: what was acknowledged is told, whatever becomes of the process in between.</summary>
public sealed class WebhookCrashTests
{
    private const string Configuration = """
        { "Jobs": { "LeaseSeconds": 1 }, "Webhooks": { "AllowPrivateNetworks": true }, "RateLimits": { "Enabled": false },
          "Realtime": { "Namespaces": { "kept": { "Durable": true } } } }
        """;

    [Fact]
    public async Task Kill_WhileMessagesArePublishedAndTold_EachThatWasAcknowledgedIsTold()
    {
        Needs.Linux();
        var told = new ConcurrentDictionary<long, string>();
        await using var receiver = await TestServer.StartAsync(app => app.Run(async context =>
        {
            var body = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            told[body.GetProperty("sequence").GetInt64()] = body.GetProperty("data").GetProperty("id").GetString()!;
        }));
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        using var client = new HttpClient { Timeout = Limits.Test };
        using var created = await client.PostAsync(new Uri(causeway.Address, "/api/v1/webhooks"), Json($$"""{"url":"{{receiver.BaseAddress}}","events":["room.published"]}"""), TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)created.StatusCode);

        var acknowledged = new ConcurrentDictionary<long, string>();
        var publishing = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    using var answer = await client.PostAsync(new Uri(causeway.Address, "/api/v1/rooms/kept:1/messages"), Json("""{"type":"t"}"""));
                    var published = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync());
                    acknowledged[published.GetProperty("offset").GetInt64()] = published.GetProperty("id").GetString()!;
                }
            }
            catch (HttpRequestException)
            {
                // It is dead.
            }
        })).ToArray();
        await Eventually.True(() => acknowledged.Count > 30 && !told.IsEmpty);
        await causeway.KillAsync();
        await Task.WhenAll(publishing).Within();
        await causeway.StartAgainAsync();

        await Eventually.True(() => acknowledged.All(one => told.TryGetValue(one.Key, out var id) && id == one.Value), what: $"{acknowledged.Count} messages are told");
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
