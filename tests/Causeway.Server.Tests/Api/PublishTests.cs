using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests.Api;

/// <summary>D8: publishing over HTTP.</summary>
public sealed class PublishTests(LocalServer local) : IClassFixture<LocalServer>
{
    private RunningServer Server => local.Server;

    [Fact]
    public async Task Publish_Valid_IsInTheRoomsLogAsItCame()
    {
        var room = Names.Next();

        var published = (await Server.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat","payload":{"n":1.50,"text":"grüße"}}""")).AssertStatus(201);
        var message = (await Server.GetAsync($"/api/v1/rooms/{room}/messages")).AssertStatus(200).GetProperty("items")[0];

        Assert.Equal(published.GetProperty("id").GetString(), message.GetProperty("id").GetString());
        Assert.Equal(1, published.GetProperty("offset").GetInt64());
        Assert.Equal(published.GetProperty("epoch").GetString(), message.GetProperty("epoch").GetString());
        Assert.Equal("""{"n":1.50,"text":"grüße"}""", message.GetProperty("payload").GetRawText());
        Assert.Equal(JsonValueKind.Null, message.GetProperty("from").ValueKind);
    }

    [Fact]
    public async Task Publish_NoPayload_IsAnEmptyObject()
    {
        var room = Names.Next();

        (await Server.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat"}""")).AssertStatus(201);

        Assert.Equal("{}", (await Server.GetAsync($"/api/v1/rooms/{room}/messages")).Json.GetProperty("items")[0].GetProperty("payload").GetRawText());
    }

    [Fact]
    public async Task Publish_PayloadOverManyLines_IsOneEventLineForStreams()
    {
        var room = Names.Next();
        (await Server.PostAsync($"/api/v1/rooms/{room}/messages", "{\"type\":\"chat\",\"payload\":{\r\n  \"a\": 1,\r\n\t\"b\": \"x\\ny\"\r\n}}")).AssertStatus(201);
        using var stream = await SseReader.OpenAsync(new Uri(Server.Address, $"/sse?room={room}"));
        await stream.ReadAsync("connected");

        (await Server.PostAsync($"/api/v1/rooms/{room}/messages", "{\"type\":\"chat\",\"payload\":{\r\n  \"a\": 2,\r\n\t\"b\": \"x\\ny\"\r\n}}")).AssertStatus(201);
        var payload = (await stream.ReadAsync("chat")).Json.GetProperty("payload");

        Assert.Equal(2, payload.GetProperty("a").GetInt32());
        Assert.Equal("x\ny", payload.GetProperty("b").GetString());
    }

    [Fact]
    public async Task Publish_NamespaceWithoutHistory_HasNoOffset()
    {
        var published = (await Server.PostAsync($"/api/v1/rooms/{Names.Next("plain")}/messages", """{"type":"chat"}""")).AssertStatus(201);

        Assert.NotEqual(Guid.Empty, published.GetProperty("id").GetGuid());
        Assert.Equal(JsonValueKind.Null, published.GetProperty("offset").ValueKind);
        Assert.Equal(JsonValueKind.Null, published.GetProperty("epoch").ValueKind);
    }

    [Theory]
    [InlineData("""{}""", "type")]
    [InlineData("""{"type":""}""", "type")]
    [InlineData("""{"type":"Chat"}""", "type")]
    [InlineData("""{"type":"a b"}""", "type")]
    [InlineData("""{"type":null}""", "type")]
    [InlineData("""{"type":7}""", "type")]
    [InlineData("""{"type":"chat","payload":[]}""", "payload")]
    [InlineData("""{"type":"chat","payload":null}""", "payload")]
    [InlineData("""{"type":"chat","payload":"text"}""", "payload")]
    [InlineData("""{"type":"chat","conflate_key":""}""", "conflate_key")]
    [InlineData("""{"type":"chat","surprise":1}""", "surprise")]
    [InlineData("""{"type":"chat","type":"chat"}""", "type")]
    [InlineData("""{"Type":"chat"}""", "Type")]
    [InlineData("""{"type":"UP","payload":1,"conflate_key":""}""", "type", "payload", "conflate_key")]
    [InlineData("[]", "$")]
    [InlineData("null", "$")]
    [InlineData("\"chat\"", "$")]
    public async Task Publish_FieldThatBreaksARule_NamesIt(string body, params string[] fields) =>
        (await Server.PostAsync("/api/v1/rooms/a/messages", body)).AssertInvalid(fields);

    [Theory]
    [InlineData("no%20spaces")]
    [InlineData("a%2Fb")]
    [InlineData("%C3%BC")]
    public async Task Publish_RoomIdThatIsNone_NamesIt(string room) =>
        (await Server.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat"}""")).AssertInvalid("room_id");

    [Fact]
    public async Task Publish_LongNames_NamesThem() => (await Server.PostAsync(
        $"/api/v1/rooms/{new string('a', 129)}/messages",
        $$"""{"type":"{{new string('t', 65)}}","conflate_key":"{{new string('k', 65)}}"}""")).AssertInvalid("room_id", "type", "conflate_key");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("""{"type":"chat",}""")]
    [InlineData("""{"type":"chat"} {}""")]
    [InlineData("{\"type\":\"chat\",\"payload\":{\"a\":\"\u0001\"}}")]
    public async Task Publish_NoJson_InvalidJson(string body) => (await Server.PostAsync("/api/v1/rooms/a/messages", body)).AssertError(400, "INVALID_JSON");

    [Fact]
    public async Task Publish_TooDeep_InvalidJson() => (await Server.PostAsync(
        "/api/v1/rooms/a/messages", $$$"""{"type":"chat","payload":{"a":{{{new string('[', 70)}}}{{{new string(']', 70)}}}}}""")).AssertError(400, "INVALID_JSON");

    [Fact]
    public async Task Publish_OtherContentType_UnsupportedMediaType() => (await Server.PostAsync(
        "/api/v1/rooms/a/messages", """{"type":"chat"}""", null, ("Content-Type", "text/plain"))).AssertError(415, "UNSUPPORTED_MEDIA_TYPE");

    [Theory]
    [InlineData(2_048, 201)]
    [InlineData(2_049, 413)]
    public async Task Publish_PayloadAtTheLimit_LastByteDecides(int bytes, int expected)
    {
        var payload = $$"""{"a":"{{new string('x', bytes - 8)}}"}""";

        var answer = await Server.PostAsync($"/api/v1/rooms/{Names.Next()}/messages", $$$"""{"type":"chat","payload":{{{payload}}}}""");

        Assert.Equal(bytes, payload.Length);
        Assert.Equal(expected, answer.Status);
        if (expected == 413)
        {
            Assert.Equal(2_048, answer.AssertError(413, "PAYLOAD_TOO_LARGE").GetProperty("limit_bytes").GetInt32());
        }
    }

    [Theory]
    [InlineData("/api/v1/rooms/a/messages")]
    [InlineData("/api/v1/broadcast")]
    [InlineData("/api/v1/users/ada/messages")]
    public async Task Publish_BodyOverTheRouteLimit_PayloadTooLarge(string path) =>
        (await Server.PostAsync(path, $$$"""{"type":"chat","payload":{"a":"{{{new string('x', 100_000)}}}"}}""")).AssertError(413, "PAYLOAD_TOO_LARGE");

    [Fact]
    public async Task Publish_NamespaceThatCreatesNothing_RoomNotFound() =>
        (await Server.PostAsync($"/api/v1/rooms/{Names.Next("named")}/messages", """{"type":"chat"}""")).AssertError(404, "ROOM_NOT_FOUND");

    [Fact]
    public async Task Publish_SameKeyAgain_SameAnswerAndOneMessage()
    {
        var path = $"/api/v1/rooms/{Names.Next()}/messages";
        var key = ("Idempotency-Key", Names.Next());

        var first = await Server.PostAsync(path, """{"type":"chat"}""", null, key);
        var again = await Server.PostAsync(path, """{"type":"chat"}""", null, key);
        var other = await Server.PostAsync(path, """{"type":"other"}""", null, key);

        first.AssertStatus(201);
        Assert.Equal(201, again.Status);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        other.AssertError(422, "VALIDATION_ERROR");
        Assert.Equal(1, (await Server.GetAsync(path)).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Publish_SameKeyOfAnotherCaller_IsAnotherKey()
    {
        var path = $"/api/v1/rooms/{Names.Next()}/messages";
        var key = ("Idempotency-Key", Names.Next());

        (await Server.PostAsync(path, """{"type":"chat"}""", null, key)).AssertStatus(201);
        (await Server.PostAsync(path, """{"type":"chat"}""", Server.AdminToken, key)).AssertStatus(201);
        (await Server.PostAsync(path, """{"type":"chat"}""", Server.TokenFor("root", ["admin"]), key)).AssertStatus(201);

        Assert.Equal(3, (await Server.GetAsync(path)).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Batch_GoodAndBad_EachHasItsResultInOrder()
    {
        var room = Names.Next();

        var results = (await Server.PostAsync("/api/v1/publish", $$$"""
            {"messages":[
              {"room_id":"{{{room}}}","type":"a"},
              {"room_id":"no spaces","type":"b"},
              {"user_id":"nobody","type":"c"},
              {"type":"d"},
              {"room_id":"{{{room}}}","user_id":"nobody","type":"e"},
              {"room_id":"{{{room}}}","type":"f","payload":7},
              {"room_id":"{{{room}}}","type":"g","surprise":1},
              "text",
              null,
              {"room_id":"{{{room}}}","type":"h","payload":{"a":"{{{new string('x', 2_048)}}}"}},
              {"room_id":"named:never","type":"i"},
              {"room_id":"{{{room}}}","type":"j","payload":{"n":1}}
            ]}
            """)).AssertStatus(200).GetProperty("results").EnumerateArray().ToList();

        Assert.Equal(1, results[0].GetProperty("offset").GetInt64());
        Assert.Equal(0, results[2].GetProperty("connections").GetInt32());
        Assert.Equal(2, results[11].GetProperty("offset").GetInt64());
        Assert.False(results[11].TryGetProperty("error", out _));
        var codes = results.Select(static result => result.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null);
        Assert.Equal(
            [null, "VALIDATION_ERROR", null, "VALIDATION_ERROR", "VALIDATION_ERROR", "VALIDATION_ERROR", "VALIDATION_ERROR", "VALIDATION_ERROR", "VALIDATION_ERROR", "PAYLOAD_TOO_LARGE", "ROOM_NOT_FOUND", null],
            codes);
        Assert.Equal(2, (await Server.GetAsync($"/api/v1/rooms/{room}/messages")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Batch_AThousand_AreAllPublished()
    {
        var room = Names.Next();
        var body = $$"""{"messages":[{{string.Join(',', Enumerable.Repeat($$"""{"room_id":"{{room}}","type":"t"}""", 1_000))}}]}""";

        var results = (await Server.PostAsync("/api/v1/publish", body, null, ("Idempotency-Key", room))).AssertStatus(200).GetProperty("results");

        Assert.Equal(1_000, results[999].GetProperty("offset").GetInt64());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"messages":null}""")]
    [InlineData("""{"messages":{}}""")]
    public async Task Batch_NoList_NamesIt(string body) => (await Server.PostAsync("/api/v1/publish", body)).AssertInvalid("messages");

    [Fact]
    public async Task Batch_OverAThousand_NamesTheList() => (await Server.PostAsync(
        "/api/v1/publish", $$"""{"messages":[{{string.Join(',', Enumerable.Repeat("{}", 1_001))}}]}""")).AssertInvalid("messages");

    [Fact]
    public async Task Batch_Empty_HasNoResults() =>
        Assert.Equal(0, (await Server.PostAsync("/api/v1/publish", """{"messages":[]}""")).AssertStatus(200).GetProperty("results").GetArrayLength());

    [Fact]
    public async Task SendToConnection_ItsOwn_ArrivesWithTheSameId()
    {
        await using var one = await Server.ConnectAsync();
        await using var two = await Server.ConnectAsync();

        var sent = (await Server.PostAsync($"/api/v1/connections/{one.ConnectionId}/messages", """{"type":"note","payload":{"n":1}}""")).AssertStatus(201);
        var message = await one.NextAsync("note");

        Assert.Equal(1, sent.GetProperty("connections").GetInt32());
        Assert.Equal(1, message.Payload.GetProperty("n").GetInt32());
        Assert.Equal("pong", (await two.RequestAsync("ping")).Type);
        Assert.DoesNotContain(two.Log, static other => other.Type == "note");
    }

    [Fact]
    public async Task SendToConnection_Unknown_NotFound() =>
        (await Server.PostAsync("/api/v1/connections/none/messages", """{"type":"note"}""")).AssertError(404, "NOT_FOUND");

    [Fact]
    public async Task SendToUser_TwoDevices_CountsBoth()
    {
        var user = Names.Next();
        await using var one = await Server.ConnectAsync(Server.TokenFor(user));
        await using var two = await Server.ConnectAsync(Server.TokenFor(user));

        var sent = (await Server.PostAsync($"/api/v1/users/{user}/messages", """{"type":"note"}""")).AssertStatus(201);

        Assert.Equal(2, sent.GetProperty("connections").GetInt32());
        await one.NextAsync("note");
        await two.NextAsync("note");
    }

    [Fact]
    public async Task SendToUser_NobodyThere_ReachesNone() => Assert.Equal(
        0, (await Server.PostAsync("/api/v1/users/nobody-here/messages", """{"type":"note"}""")).AssertStatus(201).GetProperty("connections").GetInt32());

    [Fact]
    public async Task SendToUser_LongId_NamesIt() =>
        (await Server.PostAsync($"/api/v1/users/{new string('u', 129)}/messages", """{"type":"Note"}""")).AssertInvalid("user_id", "type");

    [Fact]
    public async Task Broadcast_Everybody_Hears()
    {
        await using var server = await RunningServer.StartAsync();
        await using var one = await server.ConnectAsync();
        await using var two = await server.ConnectAsync();

        var sent = (await server.PostAsync("/api/v1/broadcast", """{"type":"note"}""")).AssertStatus(201);

        Assert.Equal(2, sent.GetProperty("connections").GetInt32());
        await one.NextAsync("note");
        await two.NextAsync("note");
    }
}
