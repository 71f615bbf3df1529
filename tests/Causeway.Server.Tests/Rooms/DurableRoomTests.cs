using System.Text.Json;
using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Server.Tests.Rooms;

/// <summary>D7: rooms of a durable namespace over HTTP, through a restart.</summary>
public sealed class DurableRoomTests
{
    private const string Configuration = """{ "Realtime": { "Namespaces": { "kept": { "Durable": true, "History": 1000, "HistorySeconds": 86400 } } } }""";

    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Publish_OverHttp_IsThereAfterARestart(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Configuration);
        var node = await nodes.StartAsync();
        var published = await PublishAsync(node, "kept:a", 1, "key 1");
        published.AssertStatus(201);
        var batch = await node.PostAsync(
            "/api/v1/publish",
            $$"""{"messages":[{{string.Join(',', Enumerable.Range(2, 300).Select(static n => $$$"""{"room_id":"kept:{{{(n % 2 == 0 ? 'a' : 'b')}}}","type":"chat","payload":{"n":{{{n}}}}}"""))}},{"room_id":"kept:a","type":"ack"}]}""",
            node.AdminToken);
        batch.AssertStatus(200);
        var results = batch.Json.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(2, 150).Select(static n => (long)n), results.Where(static (_, i) => i % 2 == 0 && i < 300).Select(static result => result.GetProperty("offset").GetInt64()));
        Assert.True(results[300].TryGetProperty("error", out _));

        await nodes.StopAsync(node);
        node = await nodes.StartAsync();

        var repeated = await PublishAsync(node, "kept:a", 1, "key 1");
        Assert.Equal((201, published.Json.GetRawText()), (repeated.Status, repeated.Json.GetRawText()));
        (await PublishAsync(node, "kept:a", 9, "key 1")).AssertStatus(422);
        var room = (await node.GetAsync("/api/v1/rooms/kept:a", node.AdminToken)).Json;
        Assert.Equal(
            (true, 151, 151, published.Json.GetProperty("epoch").GetString()),
            (room.GetProperty("durable").GetBoolean(), room.GetProperty("offset").GetInt64(), room.GetProperty("history_count").GetInt32(), room.GetProperty("epoch").GetString()));
        Assert.Equal([1, .. Enumerable.Range(1, 150).Select(static n => n * 2)], await LogAsync(node, "kept:a"));
        Assert.Equal(Enumerable.Range(1, 150).Select(static n => (n * 2) + 1), await LogAsync(node, "kept:b"));
        node.Logs.AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Delete_StoredOrNot_EndsTheLogForGood(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Configuration);
        var node = await nodes.StartAsync();
        (await node.CreateRoomAsync("kept:stored")).AssertStatus(201);
        var stored = await PublishAsync(node, "kept:stored", 1);
        var loose = await PublishAsync(node, "kept:loose", 1);
        await nodes.StopAsync(node);
        node = await nodes.StartAsync();

        (await node.DeleteRoomAsync("kept:stored")).AssertStatus(204);
        (await node.DeleteRoomAsync("kept:loose")).AssertStatus(204);
        (await node.DeleteRoomAsync("kept:loose")).AssertStatus(404);

        (await node.GetAsync("/api/v1/rooms/kept:loose", node.AdminToken)).AssertStatus(404);
        foreach (var before in new[] { ("kept:stored", stored), ("kept:loose", loose) })
        {
            var after = await PublishAsync(node, before.Item1, 2);
            Assert.Equal(1, after.Json.GetProperty("offset").GetInt64());
            Assert.NotEqual(before.Item2.Json.GetProperty("epoch").GetString(), after.Json.GetProperty("epoch").GetString());
        }
    }

    private static Task<HttpAnswer> PublishAsync(RunningServer node, string room, int n, string? key = null) => node.PostAsync(
        $"/api/v1/rooms/{room}/messages", $$$"""{"type":"chat","payload":{"n":{{{n}}}}}""", node.AdminToken, key is null ? [] : [("Idempotency-Key", key)]);

    private static async Task<List<int>> LogAsync(RunningServer node, string room)
    {
        var log = new List<int>();
        for (var cursor = ""; cursor is not null;)
        {
            var page = (await node.GetAsync($"/api/v1/rooms/{room}/messages?after=0&limit=100&cursor={cursor}", node.AdminToken)).Json;
            log.AddRange(page.GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("payload").GetProperty("n").GetInt32()));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        return log;
    }
}
