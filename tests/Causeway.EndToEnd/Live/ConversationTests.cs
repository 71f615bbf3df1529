using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>D2, D3: the messages of the protocol, each with its one answer.</summary>
public sealed class ConversationTests(LocalServer server) : IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task Connect_ServerSpeaksFirst_WithEveryField()
    {
        await using var client = await Causeway.ConnectAsync();

        Assert.Equal(1, client.Connected.Json.GetProperty("v").GetInt32());
        var payload = client.Connected.Payload;
        Assert.False(string.IsNullOrEmpty(payload.GetProperty("connection_id").GetString()));
        Assert.Equal(JsonValueKind.Null, payload.GetProperty("user_id").ValueKind);
        Assert.False(string.IsNullOrEmpty(payload.GetProperty("node").GetString()));
        Assert.Equal(25, payload.GetProperty("heartbeat_seconds").GetInt32());
        Assert.Equal(60, payload.GetProperty("idle_timeout_seconds").GetInt32());
        Assert.Equal(65536, payload.GetProperty("max_message_bytes").GetInt32());
        Assert.EndsWith("Z", payload.GetProperty("server_time").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_WithRef_PongRepeatsIt()
    {
        await using var client = await Causeway.ConnectAsync();

        var pong = await client.RequestAsync("ping");

        Assert.Equal("pong", pong.Type);
        Assert.Single(client.Log);
    }

    [Fact]
    public async Task Join_FirstTime_AckSaysWhereTheRoomStands()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();

        var ack = (await client.JoinAsync(room)).Payload;

        Assert.Equal("ok", ack.GetProperty("status").GetString());
        Assert.Equal(room, ack.GetProperty("room_id").GetString());
        Assert.False(string.IsNullOrEmpty(ack.GetProperty("epoch").GetString()));
        Assert.Equal(0, ack.GetProperty("offset").GetInt64());
        Assert.False(ack.GetProperty("recovered").GetBoolean());
        Assert.Equal(0, ack.GetProperty("replayed").GetInt64());
        Assert.Equal(1, ack.GetProperty("member_count").GetInt32());
        Assert.Equal(1, ack.GetProperty("members").GetArrayLength());
    }

    [Fact]
    public async Task Join_NamespaceWithoutPresence_AckHasNoMembers()
    {
        await using var client = await Causeway.ConnectAsync();

        var ack = (await client.JoinAsync(RoomNames.Next("quiet"))).Payload;

        Assert.False(ack.TryGetProperty("members", out _));
        Assert.False(ack.TryGetProperty("member_count", out _));
    }

    [Fact]
    public async Task Join_RoomInEnvelopeAndPayload_MeanTheSame()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();

        var inEnvelope = await client.RequestAsync("join_room", room: room);
        var inBoth = await client.RequestAsync("join_room", new JsonObject { ["room_id"] = room }, room);
        var disagreeing = await client.RequestAsync("join_room", new JsonObject { ["room_id"] = room }, room + "x");

        Assert.Equal("ack", inEnvelope.Type);
        Assert.Equal("ack", inBoth.Type);
        Assert.Equal("INVALID_MESSAGE", disagreeing.ErrorCode);
    }

    [Fact]
    public async Task Publish_RoomInPayload_IsMovedToTheEnvelope()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);

        await client.RequestAsync("chat", new JsonObject { ["room_id"] = room, ["text"] = "hi" });
        var message = await client.NextAsync("chat");

        Assert.Equal(room, message.RoomId);
        Assert.False(message.Payload.TryGetProperty("room_id", out _));
        Assert.Equal("hi", message.Payload.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Publish_Acknowledged_AckHasIdOffsetAndEpochOfTheMessage()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);

        var ack = (await client.PublishAsync(room, new JsonObject { ["n"] = 1 })).Payload;
        var message = await client.NextAsync("chat");

        Assert.Equal("ok", ack.GetProperty("status").GetString());
        Assert.Equal(message.Id, ack.GetProperty("id").GetString());
        Assert.Equal(message.Offset, ack.GetProperty("offset").GetInt64());
        Assert.Equal(message.Epoch, ack.GetProperty("epoch").GetString());
        Assert.Equal(JsonValueKind.Null, message.Json.GetProperty("from").GetProperty("user_id").ValueKind);
    }

    [Fact]
    public async Task Publish_EchoOff_OthersGetItAndTheSenderOnlyTheAck()
    {
        var room = RoomNames.Next();
        await using var sender = await Causeway.ConnectAsync();
        await using var other = await Causeway.ConnectAsync();
        await sender.JoinAsync(room, echo: false);
        await other.JoinAsync(room);

        await sender.PublishAsync(room, new JsonObject { ["n"] = 1 });
        Assert.Equal(1, (await other.NextAsync("chat")).Offset);
        await other.PublishAsync(room, new JsonObject { ["n"] = 2 });

        Assert.Equal(2, (await sender.NextAsync("chat")).Offset);
    }

    [Fact]
    public async Task Leave_Member_GetsNothingMoreAndMayJoinAgain()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        var joined = await client.JoinAsync(room, echo: false);
        await client.PublishAsync(room, new JsonObject { ["n"] = 1 });
        await client.LeaveAsync(room);

        await Causeway.PublishAsync(room, "chat", """{"n":2}""");
        await client.RequestAsync("ping");
        Assert.Equal(0, client.Waiting);

        var again = await client.JoinAsync(room, since: (joined.Payload.GetProperty("epoch").GetString()!, 1));
        Assert.True(again.Payload.GetProperty("recovered").GetBoolean());
        Assert.Equal(1, again.Payload.GetProperty("replayed").GetInt64());
        Assert.Equal(2, (await client.NextAsync("chat")).Offset);
    }

    [Fact]
    public async Task History_OfAMember_IsAscendingAndBounded()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);
        for (var i = 1; i <= 6; i++)
        {
            await client.PublishAsync(room, new JsonObject { ["n"] = i });
        }

        var ack = await client.RequestAsync("history", new JsonObject { ["room_id"] = room, ["after"] = 1, ["before"] = 6, ["limit"] = 3 });

        Assert.Equal([2, 3, 4], ack.Payload.GetProperty("messages").EnumerateArray().Select(static m => m.GetProperty("offset").GetInt64()));
    }

    [Fact]
    public async Task Join_HistoryAsked_ReplaysTheNewest()
    {
        var room = RoomNames.Next();
        for (var i = 1; i <= 5; i++)
        {
            await Causeway.PublishAsync(room, "chat", $$"""{"n":{{i}}}""");
        }

        await using var client = await Causeway.ConnectAsync();
        var ack = await client.JoinAsync(room, history: 2);

        Assert.False(ack.Payload.GetProperty("recovered").GetBoolean());
        Assert.Equal(2, ack.Payload.GetProperty("replayed").GetInt64());
        Assert.Equal(4, (await client.NextAsync()).Offset);
        Assert.Equal(5, (await client.NextAsync()).Offset);
        Assert.Equal("ack", client.Log[0].Type);
    }

    [Fact]
    public async Task Typing_IsDeliveredWithoutOffsetAndNotStored()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await using var other = await Causeway.ConnectAsync();
        await client.JoinAsync(room);
        await other.JoinAsync(room);

        await client.RequestAsync("typing", new JsonObject { ["room_id"] = room, ["is_typing"] = true });
        var typing = await other.NextAsync("typing");

        Assert.Null(typing.Offset);
        Assert.True(typing.Payload.GetProperty("is_typing").GetBoolean());
        Assert.Empty((await Causeway.GetAsync($"/api/v1/rooms/{room}/messages")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Presence_ReturnsMembers()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);

        var ack = await client.RequestAsync("presence", new JsonObject { ["room_id"] = room });

        Assert.Equal(1, ack.Payload.GetProperty("members")[0].GetProperty("devices").GetInt32());
    }

    [Theory]
    [InlineData("nonsense", "INVALID_JSON", null)]
    [InlineData("{\"type\":\"ping\",}", "INVALID_JSON", null)]
    [InlineData("{\"type\":\"ping\"} x", "INVALID_JSON", null)]
    [InlineData("", "INVALID_JSON", null)]
    [InlineData("[]", "INVALID_MESSAGE", null)]
    [InlineData("7", "INVALID_MESSAGE", null)]
    [InlineData("{}", "INVALID_MESSAGE", null)]
    [InlineData("{\"ref\":\"7\"}", "INVALID_MESSAGE", "7")]
    [InlineData("{\"type\":7,\"ref\":\"7\"}", "INVALID_MESSAGE", "7")]
    [InlineData("{\"type\":\"PING\",\"ref\":\"7\"}", "INVALID_MESSAGE", "7")]
    [InlineData("{\"type\":\"ping\",\"ref\":7}", "INVALID_MESSAGE", null)]
    [InlineData("{\"type\":\"ping\",\"payload\":[],\"ref\":\"7\"}", "INVALID_MESSAGE", "7")]
    [InlineData("{\"type\":\"join_room\",\"room_id\":\"no spaces\",\"ref\":\"7\"}", "INVALID_MESSAGE", "7")]
    [InlineData("{\"type\":\"ping\",\"v\":\"1\",\"ref\":\"7\"}", "INVALID_MESSAGE", "7")]
    [InlineData("{\"type\":\"ping\",\"v\":2,\"ref\":\"7\"}", "UNSUPPORTED_VERSION", "7")]
    [InlineData("{\"type\":\"no_such_thing\",\"ref\":\"7\"}", "UNKNOWN_TYPE", "7")]
    [InlineData("{\"type\":\"join_room\",\"ref\":\"7\"}", null, "7")]
    [InlineData("{\"type\":\"join_room\",\"room_id\":\"a\",\"payload\":{\"history\":-1},\"ref\":\"7\"}", "VALIDATION_ERROR", "7")]
    [InlineData("{\"type\":\"join_room\",\"room_id\":\"a\",\"payload\":{\"since\":{\"epoch\":1}},\"ref\":\"7\"}", "VALIDATION_ERROR", "7")]
    [InlineData("{\"type\":\"leave_room\",\"room_id\":\"never-joined\",\"ref\":\"7\"}", "NOT_IN_ROOM", "7")]
    [InlineData("{\"type\":\"history\",\"room_id\":\"never-joined\",\"ref\":\"7\"}", "NOT_IN_ROOM", "7")]
    [InlineData("{\"type\":\"join_room\",\"room_id\":\"named:a\",\"ref\":\"7\"}", "ROOM_NOT_FOUND", "7")]
    [InlineData("{\"type\":\"refresh_token\",\"payload\":{\"access_token\":\"x\"},\"ref\":\"7\"}", "UNAUTHORIZED", "7")]
    public async Task Send_Refused_AnswersWithTheCodeAndTheConnectionLivesOn(string text, string? code, string? reference)
    {
        using var socket = await RawWebSocket.ConnectAsync(Causeway.WebSocket);
        await socket.ReadTextAsync();

        await socket.SendTextAsync(text);
        var error = new LiveMessage(JsonElement.Parse(await socket.ReadTextAsync() ?? ""));
        await socket.SendTextAsync("""{"type":"ping","ref":"after"}""");
        var pong = new LiveMessage(JsonElement.Parse(await socket.ReadTextAsync() ?? ""));

        Assert.Equal("error", error.Type);
        if (code is not null)
        {
            Assert.Equal(code, error.ErrorCode);
        }

        Assert.Equal(reference, error.Ref);
        Assert.False(string.IsNullOrWhiteSpace(error.Payload.GetProperty("message").GetString()));
        Assert.Equal(JsonValueKind.Object, error.Payload.GetProperty("details").ValueKind);
        Assert.Equal("pong", pong.Type);
        Assert.Equal("after", pong.Ref);
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    public async Task Send_RefAtTheLimit_IsRepeatedOnlyUpToIt(int length, bool refused)
    {
        using var socket = await RawWebSocket.ConnectAsync(Causeway.WebSocket);
        await socket.ReadTextAsync();
        var reference = new string('r', length);

        await socket.SendTextAsync($$"""{"type":"ping","ref":"{{reference}}"}""");
        var answer = new LiveMessage(JsonElement.Parse(await socket.ReadTextAsync() ?? ""));

        Assert.Equal(refused ? "error" : "pong", answer.Type);
        Assert.Equal(refused ? null : reference, answer.Ref);
    }

    [Fact]
    public async Task Send_JsonTooDeep_InvalidMessage()
    {
        await using var client = await Causeway.ConnectAsync();

        await client.Socket.SendTextAsync($$$"""{"type":"ping","payload":{"a":{{{new string('[', 70)}}}{{{new string(']', 70)}}}}}""");

        Assert.Equal("INVALID_MESSAGE", (await client.NextAsync()).ErrorCode);
        Assert.Equal("pong", (await client.RequestAsync("ping")).Type);
    }

    [Fact]
    public async Task Send_UnknownEnvelopeField_IsIgnored()
    {
        await using var client = await Causeway.ConnectAsync();

        await client.Socket.SendTextAsync("""{"type":"ping","ref":"9","from_the_future":{"a":[1]}}""");

        var pong = await client.NextAsync();
        Assert.Equal("pong", pong.Type);
        Assert.Equal("9", pong.Ref);
    }

    [Fact]
    public async Task Join_FullRoom_RoomFullUntilOneLeaves()
    {
        var room = RoomNames.Next("small");
        await using var one = await Causeway.ConnectAsync();
        await using var two = await Causeway.ConnectAsync();
        await using var three = await Causeway.ConnectAsync();
        await one.JoinAsync(room);
        await two.JoinAsync(room);

        Assert.Equal("ROOM_FULL", (await three.RequestAsync("join_room", room: room)).ErrorCode);
        await one.LeaveAsync(room);
        await three.JoinAsync(room);
    }

    [Fact]
    public async Task Join_MoreRoomsThanAllowed_TooManyRooms()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Realtime": { "MaxRoomsPerConnection": 2 } }""");
        await using var client = await causeway.ConnectAsync();
        await client.JoinAsync("a");
        await client.JoinAsync("b");

        Assert.Equal("TOO_MANY_ROOMS", (await client.RequestAsync("join_room", room: "c")).ErrorCode);
        Assert.Equal("ack", (await client.RequestAsync("join_room", room: "b")).Type);
    }

    [Fact]
    public async Task Send_TooManyPerSecond_RateLimitedWithATimeThenAbuseCloses()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Realtime": { "MessagesPerSecond": 5 } }""");
        await using var client = await causeway.ConnectAsync();

        for (var i = 0; i < 250; i++)
        {
            await client.Socket.SendTextAsync("""{"type":"ping","ref":"x"}""").ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        Assert.Equal(1008, (await client.Closed.Within()).Code);
        var limited = client.Log.First(static message => message.ErrorCode == "RATE_LIMITED");
        Assert.True(limited.Payload.GetProperty("details").GetProperty("retry_after_ms").GetInt64() > 0);
        Assert.Equal("x", limited.Ref);
        Assert.InRange(client.Log.Count(static message => message.Type == "pong"), 5, 15);
    }

    [Fact]
    public async Task Room_Deleted_TellsItsMembers()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);

        var answer = await Causeway.SendAsync(HttpMethod.Delete, $"/api/v1/rooms/{room}");

        Assert.Equal(204, answer.Status);
        Assert.Equal("room_closed", (await client.NextAsync()).Type);
        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("leave_room", room: room)).ErrorCode);
    }
}
