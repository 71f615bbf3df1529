using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Server.Tests.Rooms;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11: connections, memberships and messages are told to those who asked for them, in an order that can be told, and nobody waits for it.</summary>
public sealed class LiveEventTests
{
    private static readonly string Durable = WebhookCalls.Configuration[..^1] + """, "Realtime": { "Namespaces": { "default": { "Join": "anyone" }, "kept": { "Durable": true } } } }""";

    [Fact]
    public async Task Connection_FromItsBeginningToItsEnd_IsToldWithoutAHole()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        await server.CreateWebhookAsync(receiver.Url, ["connection.*", "room.joined", "room.left"]);

        var client = await server.ConnectAsync(server.TokenFor("ada", null, "join:*"));
        await client.JoinAsync("a");
        await client.JoinAsync("b");
        await client.RequestAsync("leave_room", null, "a");
        await client.JoinAsync("a");
        var id = client.ConnectionId;
        await client.DisposeAsync();

        var told = (await receiver.WaitAsync(8)).OrderBy(static one => one.Sequence).ToList();
        Assert.Equal(["connection.connected", "room.joined", "room.joined", "room.left", "room.joined"], told.Take(5).Select(static one => one.Type));
        Assert.Equal(["connection.disconnected"], told.Skip(7).Select(static one => one.Type));
        Assert.Equal(Enumerable.Range(1, 8).Select(static number => (long)number), told.Select(static one => one.Sequence));
        Assert.All(told, one => Assert.Equal((id, "ada"), (one.Data.GetProperty("connection_id").GetString(), one.Data.GetProperty("user_id").GetString())));
        Assert.Equal(["a", "b", "a", "a"], told.Skip(1).Take(4).Select(static one => one.Data.GetProperty("room_id").GetString()));
        Assert.Equal("websocket", told[0].Data.GetProperty("transport").GetString());

        // What a receiver does by the docs, in any order: nobody is in any room any more.
        Assert.Empty(Present(told.OrderBy(static one => one.Id.GetHashCode(StringComparison.Ordinal))));
        Assert.Equal([("a", id), ("b", id)], Present(told.Take(5).Reverse()).Order());
    }

    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Messages_OfRoomsThatAreAskedFor_AreToldWithTheirOffsets(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var nodes = await RoomNodes.CreateAsync(provider, Durable);
        var server = await nodes.StartAsync();
        await server.CreateWebhookAsync(receiver.Url, ["room.published"], ["kept:*", "lobby"]);
        foreach (var (room, text) in new[] { ("kept:1", "one"), ("kept:1", "two"), ("lobby", "three"), ("other", "four") })
        {
            (await server.PostAsync($"/api/v1/rooms/{room}/messages", $$$"""{"type":"chat","payload":{"text":"{{{text}}}"}}""", server.AdminToken)).AssertStatus(201);
        }

        await using var client = await server.ConnectAsync(server.TokenFor("ada", null, "publish:*", "join:*"));
        await client.JoinAsync("kept:1");
        Assert.Equal(3, (await client.RequestAsync("chat", new JsonObject { ["text"] = "five" }, "kept:1")).Payload.GetProperty("offset").GetInt64());
        await client.RequestAsync("typing", new JsonObject { ["is_typing"] = true }, "kept:1");

        var told = await receiver.WaitAsync(4);
        var history = (await server.GetAsync("/api/v1/rooms/kept:1/messages", server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray().ToList();
        var kept = told.Where(static one => one.Data.GetProperty("room_id").GetString() == "kept:1").OrderBy(static one => one.Sequence).ToList();
        Assert.Equal(history.Select(static message => message.GetRawText()), kept.Select(static one => one.Data.GetRawText()));
        Assert.Equal([1L, 2, 3], kept.Select(static one => one.Sequence));
        Assert.Equal("ada", kept[2].Data.GetProperty("from").GetProperty("user_id").GetString());
        var lobby = Assert.Single(told, static one => one.Data.GetProperty("room_id").GetString() == "lobby");
        Assert.Equal(("three", 1L), (lobby.Data.GetProperty("payload").GetProperty("text").GetString(), lobby.Sequence));
        await Task.WhenAll(server.App.Services.GetRequiredService<LiveEvents>().FlushAsync(CancellationToken.None)).Within();
        Assert.Equal(4, (await server.GetAsync($"/api/v1/webhooks/{await FirstAsync(server)}/deliveries?page=1", server.AdminToken)).AssertStatus(200).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Message_NestedAsDeepAsOneMayBe_IsSentAndShown()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        var id = (await server.CreateWebhookAsync(receiver.Url, ["room.published"])).Id();
        var payload = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "1" + new string('}', 63);

        (await server.PostAsync("/api/v1/rooms/lobby/messages", $"{{\"type\":\"chat\",\"payload\":{payload}}}", server.AdminToken)).AssertStatus(201);
        await receiver.WaitAsync(1);
        var shown = await server.GetAsync($"/api/v1/webhooks/{id}/deliveries/{await server.DeliveryOfAsync(id, "room.published")}", server.AdminToken);

        Assert.Equal(200, shown.Status);
        Assert.Contains(payload, shown.Text, StringComparison.Ordinal);
        Assert.Contains(payload, System.Text.Encoding.UTF8.GetString(receiver.All[0].Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Database_HeldUpByOthers_NobodyWaitsAndWhatIsLostIsTold()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration.Replace("\"TimeoutSeconds\"", "\"BufferEvents\": 100, \"TimeoutSeconds\"", StringComparison.Ordinal));
        await server.CreateWebhookAsync(receiver.Url, ["room.published"]);
        var (isHeld, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var held = server.App.Services.GetRequiredService<Database>().WriteAsync(async (_, _) =>
        {
            isHeld.SetResult();
            await goesOn.Task;
        });
        await isHeld.Task.Within();
        var rooms = server.App.Services.GetRequiredService<Realtime.Rooms>();
        const int Published = 600;
        for (var i = 0; i < Published; i++)
        {
            // Memory alone: it completes although nothing can be written.
            var publishing = rooms.PublishAsync(Realtime.RoomId.Parse("fast", null), "tick", "{}"u8.ToArray());
            Assert.True(publishing.IsCompleted);
            Assert.Null((await publishing).Error);
        }

        goesOn.SetResult();
        await held.Within();
        var webhook = await FirstAsync(server);
        await server.DeliveryOfAsync(webhook, "events.lost");
        await server.App.Services.GetRequiredService<LiveEvents>().FlushAsync(CancellationToken.None).Within();

        // Told with whatever could be written next: at once where that waited already, and the rest after it.
        var count = 0;
        foreach (var told in (await server.GetAsync($"/api/v1/webhooks/{webhook}/deliveries?event_type=events.lost")).AssertStatus(200).GetProperty("items").EnumerateArray())
        {
            var lost = (await server.DeliveryAsync(webhook, told.Id())).GetProperty("body").GetProperty("data");
            Assert.Equal("room.published", lost.GetProperty("type").GetString());
            count += lost.GetProperty("count").GetInt32();
        }

        Assert.InRange(Published - count, 100, 400);
        Assert.Equal(Published - count, (await server.GetAsync($"/api/v1/webhooks/{webhook}/deliveries?event_type=room.published&page=1")).AssertStatus(200).GetProperty("total").GetInt32());
        await Eventually.True(() => server.Logs.Named("EventsLost").Any());
        Assert.Contains($"causeway_webhooks_events_lost_total {count}", (await server.GetAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_StoppedAndStartedAgain_TellsOfTheEndsAndOfTheStart()
    {
        using var directory = new TempDirectory();
        await using var receiver = await Receiver.StartAsync();
        string id;
        await using (var server = await RunningServer.StartInAsync(directory, WebhookCalls.Configuration))
        {
            await server.CreateWebhookAsync(receiver.Url, ["connection.*", "node.started"]);
            await using var client = await server.ConnectAsync();
            id = client.ConnectionId;
            await receiver.WaitAsync(1, "connection.connected");
        }

        await using var again = await RunningServer.StartInAsync(directory, WebhookCalls.Configuration);
        var started = (await receiver.WaitAsync(1, "node.started"))[0].Data;
        Assert.True(started.GetProperty("alone").GetBoolean());
        Assert.Equal(id, (await receiver.WaitAsync(1, "connection.disconnected"))[0].Data.GetProperty("connection_id").GetString());
    }

    /// <summary>Who is in which room, by the events in whichever order they came.</summary>
    private static List<(string Room, string Connection)> Present(IEnumerable<Receiver.Received> events)
    {
        var newest = new Dictionary<(string Room, string Connection), (long Sequence, bool IsIn)>();
        foreach (var one in events.Where(static one => one.Type is "room.joined" or "room.left"))
        {
            var key = (one.Data.GetProperty("room_id").GetString()!, one.Data.GetProperty("connection_id").GetString()!);
            if (!newest.TryGetValue(key, out var known) || one.Sequence > known.Sequence)
            {
                newest[key] = (one.Sequence, one.Type == "room.joined");
            }
        }

        return [.. newest.Where(static pair => pair.Value.IsIn).Select(static pair => pair.Key)];
    }

    private static async Task<string> FirstAsync(RunningServer server) =>
        (await server.GetAsync("/api/v1/webhooks", server.AdminToken)).AssertStatus(200).GetProperty("items")[0].Id();
}
