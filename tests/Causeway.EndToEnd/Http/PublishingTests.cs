using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Http;

/// <summary>D3, D6, D7, D8: rooms over HTTP.</summary>
public sealed class PublishingTests(LocalServer server) : IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task Publish_MemberListening_ArrivesWithTheSameIdOffsetAndEpoch()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        var joined = await client.JoinAsync(room);

        var published = await Causeway.PublishAsync(room, "chat", """{"text":"hello"}""");
        var message = await client.NextAsync("chat");

        Assert.Equal(published.GetProperty("id").GetString(), message.Id);
        Assert.Equal(1, message.Offset);
        Assert.Equal(1, published.GetProperty("offset").GetInt64());
        Assert.Equal(joined.Payload.GetProperty("epoch").GetString(), message.Epoch);
        Assert.Equal(published.GetProperty("epoch").GetString(), message.Epoch);
        Assert.Equal(room, message.RoomId);
        Assert.Equal("hello", message.Payload.GetProperty("text").GetString());
        Assert.Equal(JsonValueKind.Null, message.Json.GetProperty("from").ValueKind);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", message.Json.GetProperty("sent_at").GetString());
    }

    [Fact]
    public async Task Publish_NoHistory_HasNoOffset()
    {
        var room = RoomNames.Next("plain");
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);

        await Causeway.PublishAsync(room, "chat", "{}");
        var message = await client.NextAsync("chat");

        Assert.Null(message.Offset);
        Assert.Null(message.Epoch);
        Assert.NotNull(message.Id);
    }

    [Fact]
    public async Task History_Bounds_AreExclusiveAndAscending()
    {
        var room = RoomNames.Next();
        for (var i = 1; i <= 10; i++)
        {
            await Causeway.PublishAsync(room, "chat", $$"""{"n":{{i}}}""");
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], await OffsetsAsync(room, ""));
        Assert.Equal([4, 5, 6], await OffsetsAsync(room, "?after=3&before=7"));
        Assert.Equal([4, 5], await OffsetsAsync(room, "?after=3&limit=2"));
        Assert.Equal([5, 6], await OffsetsAsync(room, "?before=7&limit=2"));
        Assert.Equal([9, 10], await OffsetsAsync(room, "?limit=2"));
        Assert.Empty(await OffsetsAsync(room, "?after=10"));
    }

    [Fact]
    public async Task Batch_GoodAndBadMessages_AnswersEachInOrder()
    {
        var room = RoomNames.Next();

        var answer = await Causeway.PostAsync("/api/v1/publish", $$$"""
            {"messages":[
              {"room_id":"{{{room}}}","type":"one","payload":{}},
              {"room_id":"bad room","type":"two","payload":{}},
              {"room_id":"{{{room}}}","type":"three","payload":{"n":3}},
              {"user_id":"nobody","type":"four","payload":{}},
              {"type":"five","payload":{}}
            ]}
            """);

        Assert.Equal(200, answer.Status);
        var results = answer.Json.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(5, results.Count);
        Assert.Equal(1, results[0].GetProperty("offset").GetInt64());
        Assert.Equal("VALIDATION_ERROR", results[1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(2, results[2].GetProperty("offset").GetInt64());
        Assert.True(results[3].TryGetProperty("id", out _));
        Assert.Equal("VALIDATION_ERROR", results[4].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal([1, 2], await OffsetsAsync(room, ""));
    }

    [Fact]
    public async Task Batch_OverAThousand_ValidationError()
    {
        var messages = new JsonArray([.. Enumerable.Range(0, 1_001).Select(static _ => new JsonObject { ["room_id"] = "a", ["type"] = "t" })]);

        var answer = await Causeway.PostAsync("/api/v1/publish", new JsonObject { ["messages"] = messages }.ToJsonString());

        answer.AssertError(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task Publish_SameIdempotencyKey_PublishesOnceAndAnswersTheSame()
    {
        var room = RoomNames.Next();
        var path = $"/api/v1/rooms/{room}/messages";
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());

        var first = await Causeway.PostAsync(path, """{"type":"chat","payload":{"n":1}}""", key);
        var again = await Causeway.PostAsync(path, """{"type":"chat","payload":{"n":1}}""", key);
        var other = await Causeway.PostAsync(path, """{"type":"chat","payload":{"n":2}}""", key);

        Assert.Equal(201, first.Status);
        Assert.Equal(201, again.Status);
        Assert.Equal(first.Text, again.Text);
        other.AssertError(422, "VALIDATION_ERROR");
        Assert.Equal([1], await OffsetsAsync(room, ""));
    }

    [Fact]
    public async Task Publish_SameIdempotencyKeyAtOnce_PublishesOnce()
    {
        var room = RoomNames.Next();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Causeway.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat","payload":{}}""", key)));

        Assert.All(answers, static answer => Assert.Equal(201, answer.Status));
        Assert.Single(answers.Select(static answer => answer.Text).Distinct());
        Assert.Equal([1], await OffsetsAsync(room, ""));
    }

    [Fact]
    public async Task Members_TwoAnonymousConnections_AreOneEntryOfTwoDevices()
    {
        var room = RoomNames.Next();
        await using var one = await Causeway.ConnectAsync();
        await using var two = await Causeway.ConnectAsync();
        await one.JoinAsync(room);
        await two.JoinAsync(room);

        var page = (await Causeway.GetAsync($"/api/v1/rooms/{room}/members")).Json;

        var member = Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, member.GetProperty("user_id").ValueKind);
        Assert.Equal(2, member.GetProperty("devices").GetInt32());
        Assert.False(page.GetProperty("has_next").GetBoolean());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next_cursor").ValueKind);
    }

    [Fact]
    public async Task Connections_PagedByOne_ListEveryConnectionOnce()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var one = await causeway.ConnectAsync();
        await using var two = await causeway.ConnectAsync();
        await using var three = await causeway.ConnectAsync();
        await one.JoinAsync("general");

        var seen = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = (await causeway.GetAsync($"/api/v1/connections?limit=1{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}")).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("has_next").GetBoolean() ? page.GetProperty("next_cursor").GetString() : null;
        }
        while (cursor is not null && seen.Count < 10);

        Assert.Equal(
            new[] { one.ConnectionId, two.ConnectionId, three.ConnectionId }.Order(StringComparer.Ordinal),
            seen.Select(static item => item.GetProperty("connection_id").GetString()!).Order(StringComparer.Ordinal));
        var first = seen.Single(item => item.GetProperty("connection_id").GetString() == one.ConnectionId);
        Assert.Equal("websocket", first.GetProperty("transport").GetString());
        Assert.Equal("general", Assert.Single(first.GetProperty("rooms").EnumerateArray()).GetString());
        Assert.Equal(0, first.GetProperty("backlog_bytes").GetInt64());
        Assert.Equal(0, first.GetProperty("dropped").GetInt64());
        Assert.Equal("127.0.0.1", first.GetProperty("remote_address").GetString());
        Assert.Equal(JsonValueKind.Null, first.GetProperty("user_id").ValueKind);
    }

    [Fact]
    public async Task DeleteConnection_Live_ClosesItWith4502()
    {
        await using var client = await Causeway.ConnectAsync();

        var answer = await Causeway.SendAsync(HttpMethod.Delete, $"/api/v1/connections/{client.ConnectionId}");

        Assert.Equal(204, answer.Status);
        Assert.Equal(4502, (await client.Closed.Within()).Code);
        await Eventually.Equal("NOT_FOUND", async () => (await Causeway.SendAsync(HttpMethod.Delete, $"/api/v1/connections/{client.ConnectionId}")).ErrorCode);
    }

    [Fact]
    public async Task SendToConnection_Live_ReachesOnlyThatOne()
    {
        await using var one = await Causeway.ConnectAsync();
        await using var two = await Causeway.ConnectAsync();

        var answer = await Causeway.PostAsync($"/api/v1/connections/{one.ConnectionId}/messages", """{"type":"hint","payload":{"n":1}}""");
        var received = await one.NextAsync();

        Assert.Equal(201, answer.Status);
        Assert.Equal(1, answer.Json.GetProperty("connections").GetInt32());
        Assert.Equal("hint", received.Type);
        await two.RequestAsync("ping");
        Assert.Equal(0, two.Waiting);
    }

    [Fact]
    public async Task Broadcast_TwoConnections_ReachesBoth()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var one = await causeway.ConnectAsync();
        await using var two = await causeway.ConnectAsync();

        var answer = await causeway.PostAsync("/api/v1/broadcast", """{"type":"notice","payload":{}}""");

        Assert.Equal(201, answer.Status);
        Assert.Equal(2, answer.Json.GetProperty("connections").GetInt32());
        Assert.Equal("notice", (await one.NextAsync()).Type);
        Assert.Equal("notice", (await two.NextAsync()).Type);
    }

    private async Task<IEnumerable<long>> OffsetsAsync(string room, string query)
    {
        var answer = await Causeway.GetAsync($"/api/v1/rooms/{room}/messages{query}");
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json.GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("offset").GetInt64()).ToList();
    }
}
