namespace Causeway.Realtime.Tests;

/// <summary>D2: every message has its one answer, and its exact error.</summary>
public sealed class MessageTests
{
    private const string Room = "general";

    [Fact]
    public async Task Connect_Greeting_HasEveryField()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync("ann");
        await using var nobody = await server.ConnectAsync();

        Assert.Equal(1, client.Connected.Json.GetProperty("v").GetInt32());
        Assert.Equal(
            ["connection_id", "user_id", "node", "heartbeat_seconds", "idle_timeout_seconds", "max_message_bytes", "server_time"],
            client.Connected.Fields());
        Assert.Equal("ann", client.Connected.Text("user_id"));
        Assert.True(nobody.Connected.IsNull("user_id"));
        Assert.NotEqual(client.ConnectionId, nobody.ConnectionId);
        Assert.Equal(server.Core.Node, client.Connected.Text("node"));
        Assert.Equal(25, client.Connected.Number("heartbeat_seconds"));
        Assert.Equal(60, client.Connected.Number("idle_timeout_seconds"));
        Assert.Equal(65_536, client.Connected.Number("max_message_bytes"));
        Assert.Equal("2026-05-04T12:00:00.000Z", client.Connected.Text("server_time"));
    }

    [Fact]
    public async Task Ping_WithOrWithoutRef_IsAnsweredByPong()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var answer = await client.RequestAsync("ping");
        await client.SendAsync("ping");
        var plain = await client.NextAsync();

        Assert.Equal("pong", answer.Type);
        Assert.Empty(answer.Fields());
        Assert.Equal("pong", plain.Type);
        Assert.Null(plain.Ref);
    }

    [Fact]
    public async Task Publish_AsMember_IsHeardByAllWithEveryField()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        await using var ann = await server.ConnectAsync("ann;name=Ann \"A\"");
        await using var bob = await server.ConnectAsync();
        await ann.JoinAsync(Room);
        var joined = await bob.JoinAsync(Room);

        var ack = await ann.PublishAsync(Room, new JsonObject { ["text"] = "hi", ["room_id"] = Room }, "chat.new");
        var heard = await bob.NextAsync();
        var echo = await ann.NextAsync("chat.new");

        Assert.Equal(["status", "id", "offset", "epoch"], ack.Fields());
        Assert.Equal(heard.Json.GetRawText(), echo.Json.GetRawText());
        Assert.Equal(["v", "type", "room_id", "id", "offset", "epoch", "from", "sent_at", "payload"], heard.Json.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(1, heard.Json.GetProperty("v").GetInt32());
        Assert.Equal("chat.new", heard.Type);
        Assert.Equal(Room, heard.RoomId);
        Assert.Equal(ack.Text("id"), heard.Id);
        Assert.Equal('7', heard.Id![14]);
        Assert.Equal((1, 1), (ack.Number("offset"), heard.Offset));
        Assert.Equal((joined.Text("epoch"), joined.Text("epoch")), (ack.Text("epoch"), heard.Epoch));
        Assert.Equal("2026-05-04T12:00:00.000Z", heard.Json.GetProperty("sent_at").GetString());
        Assert.Equal(["text"], heard.Fields());
        var from = heard.Json.GetProperty("from");
        Assert.Equal("ann", from.GetProperty("user_id").GetString());
        Assert.Equal("Ann \"A\"", from.GetProperty("name").GetString());
        Assert.Equal(ann.ConnectionId, from.GetProperty("connection_id").GetString());
    }

    [Fact]
    public async Task Publish_AnonymousWithoutRef_GetsNoAnswer()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync(Room);

        await client.SendAsync("chat", [], Room);
        var heard = await client.NextAsync();
        await client.PingAsync();

        Assert.Equal("chat", heard.Type);
        Assert.Equal(JsonValueKind.Null, heard.Json.GetProperty("from").GetProperty("user_id").ValueKind);
        Assert.Equal(0, client.Waiting);
    }

    [Theory]
    [InlineData("x", null, "UNKNOWN_TYPE")]
    [InlineData("x", "elsewhere", "NOT_IN_ROOM")]
    [InlineData("x", Room, null)]
    [InlineData("connected", Room, "FORBIDDEN")]
    [InlineData("ack", Room, "FORBIDDEN")]
    [InlineData("error", Room, "FORBIDDEN")]
    [InlineData("pong", Room, "FORBIDDEN")]
    [InlineData("user_joined", Room, "FORBIDDEN")]
    [InlineData("user_left", Room, "FORBIDDEN")]
    [InlineData("room_closed", Room, "FORBIDDEN")]
    [InlineData("kicked", Room, "FORBIDDEN")]
    [InlineData("dropped", Room, "FORBIDDEN")]
    [InlineData("token_expiring", Room, "FORBIDDEN")]
    [InlineData("reconnect", Room, "FORBIDDEN")]
    [InlineData("reset", Room, "FORBIDDEN")]
    [InlineData("shutdown", Room, "FORBIDDEN")]
    public async Task Publish_TypeAndRoom_AreJudged(string type, string? room, string? code)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync(Room);

        var answer = await client.RequestAsync(type, room: room);

        Assert.Equal(code, answer.ErrorCode);
        Assert.Equal(code is null ? 1 : 0, server.Connections.Statistics.Published);
        Assert.Equal("pong", (await client.PingAsync()).Type);
    }

    [Theory]
    [InlineData("hello", "INVALID_JSON")]
    [InlineData("[1]", "INVALID_MESSAGE")]
    [InlineData("{}", "INVALID_MESSAGE")]
    [InlineData("""{"v":2,"type":"ping"}""", "UNSUPPORTED_VERSION")]
    [InlineData("""{"v":"1","type":"ping"}""", "INVALID_MESSAGE")]
    [InlineData("""{"type":"NO"}""", "INVALID_MESSAGE")]
    [InlineData("""{"type":"ping","payload":[]}""", "INVALID_MESSAGE")]
    public async Task Send_NoEnvelope_IsAnErrorWithPlaceAndTheConnectionLivesOn(string text, string code)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        await client.Socket.SendTextAsync(text);
        var error = await client.NextAsync();

        Assert.Equal(code, error.ErrorCode);
        Assert.Equal(["code", "message", "details"], error.Fields());
        Assert.Equal(JsonValueKind.Object, error.Payload.GetProperty("details").ValueKind);
        Assert.Equal("pong", (await client.PingAsync()).Type);
    }

    [Fact]
    public async Task Send_RefOfAFaultyMessage_IsRepeated()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        await client.Socket.SendTextAsync("""{"type":"ping","v":3,"ref":"mine"}""");

        Assert.Equal("mine", (await client.NextAsync()).Ref);
    }

    [Fact]
    public async Task History_Member_ReadsBetweenExclusiveBounds()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["long"] = new() { History = 200 });
        await server.PublishManyAsync("long:x", 150);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("long:x");

        Assert.Equal(Enumerable.Range(101, 50), await ReadAsync([]));
        Assert.Equal(Enumerable.Range(51, 100), await ReadAsync(new() { ["limit"] = 500 }));
        Assert.Equal([11, 12, 13], await ReadAsync(new() { ["after"] = 10, ["before"] = 14 }));
        Assert.Equal([11, 12], await ReadAsync(new() { ["after"] = 10, ["limit"] = 2 }));
        Assert.Equal([8, 9], await ReadAsync(new() { ["before"] = 10, ["limit"] = 2 }));
        Assert.Empty(await ReadAsync(new() { ["after"] = 150 }));
        Assert.Empty(await ReadAsync(new() { ["after"] = long.MaxValue }));
        Assert.Empty(await ReadAsync(new() { ["before"] = 1 }));
        Assert.Empty(await ReadAsync(new() { ["before"] = 0 }));
        Assert.Empty(await ReadAsync(new() { ["after"] = 14, ["before"] = 10 }));

        async Task<IEnumerable<int>> ReadAsync(JsonObject bounds)
        {
            var answer = await client.RequestAsync("history", bounds, "long:x");
            Assert.Equal(["status", "room_id", "messages"], answer.Fields());
            return answer.Payload.GetProperty("messages").EnumerateArray()
                .Select(static message => message.GetProperty("payload").GetProperty("n").GetInt32());
        }
    }

    [Theory]
    [InlineData("""{"limit":0}""", "limit")]
    [InlineData("""{"limit":"5"}""", "limit")]
    [InlineData("""{"after":-1}""", "after")]
    [InlineData("""{"before":1.5}""", "before")]
    public async Task History_BoundsOfTheWrongKind_AreNamed(string payload, string field)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync(Room);

        var answer = await client.RequestAsync("history", JsonNode.Parse(payload)!.AsObject(), Room);

        Assert.Equal("VALIDATION_ERROR", answer.ErrorCode);
        Assert.True(answer.Payload.GetProperty("details").GetProperty("fields").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task History_Stranger_IsNotInTheRoom()
    {
        await using var server = await LiveServer.StartAsync();
        await server.PublishAsync(Room, 1);
        await using var client = await server.ConnectAsync();

        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("history", room: Room)).ErrorCode);
        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("typing", new JsonObject { ["is_typing"] = true }, Room)).ErrorCode);
    }

    [Fact]
    public async Task Typing_Member_IsHeardAndNeverStored()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await bob.JoinAsync(Room);
        await ann.JoinAsync(Room);

        var ack = await ann.RequestAsync("typing", new JsonObject { ["is_typing"] = true, ["more"] = 1 }, Room);
        var heard = await bob.NextAsync("typing");

        Assert.True(ack.IsNull("offset"));
        Assert.True(ack.IsNull("epoch"));
        Assert.Equal(["is_typing"], heard.Fields());
        Assert.True(heard.Flag("is_typing"));
        Assert.Equal("ann", heard.Json.GetProperty("from").GetProperty("user_id").GetString());
        Assert.False(heard.Json.TryGetProperty("offset", out _));
        Assert.Equal(0, server.Rooms.Find(RoomId.Parse(Room))!.HistoryCount);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"is_typing":"yes"}""")]
    [InlineData("""{"a":{"is_typing":true}}""")]
    public async Task Typing_WithoutItsField_IsNamed(string payload)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync(Room);

        var answer = await client.RequestAsync("typing", JsonNode.Parse(payload)!.AsObject(), Room);

        Assert.Equal("VALIDATION_ERROR", answer.ErrorCode);
        Assert.True(answer.Payload.GetProperty("details").GetProperty("fields").TryGetProperty("is_typing", out _));
    }

    [Fact]
    public async Task Send_FasterThanAllowed_IsToldWhenToGoOn()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(static options => options.MessagesPerSecond = 10, time: time);
        await using var client = await server.ConnectAsync();

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("pong", (await client.PingAsync()).Type);
        }

        var limited = await client.PingAsync();
        Assert.Equal("RATE_LIMITED", limited.ErrorCode);
        Assert.Equal(100, limited.Payload.GetProperty("details").GetProperty("retry_after_ms").GetInt64());

        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("pong", (await client.PingAsync()).Type);
        Assert.Equal("RATE_LIMITED", (await client.PingAsync()).ErrorCode);

        // A rest gives back one second's worth, not more.
        time.Advance(TimeSpan.FromSeconds(10));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("pong", (await client.PingAsync()).Type);
        }

        Assert.Equal("RATE_LIMITED", (await client.PingAsync()).ErrorCode);
    }

    [Fact]
    public async Task Send_OverAHundredRefusedInTenSeconds_ClosesWith1008()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();

        for (var i = 0; i < 101; i++)
        {
            Assert.Equal("UNKNOWN_TYPE", (await client.RequestAsync("nobody.takes.this")).ErrorCode);
        }

        Assert.Equal(1008, (await client.Closed.Within()).Code);
    }

    [Fact]
    public async Task Send_HundredRefusedNowAndThen_IsBorne()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync();

        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.Equal("UNKNOWN_TYPE", (await client.RequestAsync("nobody.takes.this")).ErrorCode);
            }

            time.Advance(TimeSpan.FromSeconds(10.5));
        }

        Assert.Equal("pong", (await client.PingAsync()).Type);
    }

    [Fact]
    public async Task Send_Binary_ClosesWith1003()
    {
        await using var server = await LiveServer.StartAsync();
        using var socket = await server.ConnectRawAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Binary, [1, 2, 3]));

        Assert.Equal(1003, (await socket.ReadCloseAsync()).Code);
    }

    [Fact]
    public async Task Send_OverTheSizeLimit_ClosesWith1009()
    {
        await using var server = await LiveServer.StartAsync(static options => options.MaxMessageBytes = 1_024);
        using var fits = await server.ConnectRawAsync();
        using var oversize = await server.ConnectRawAsync();

        await fits.SendTextAsync($$"""{"type":"ping","pad":"{{new string('x', 1_024 - 24)}}"}""");
        await oversize.SendTextAsync(new string('x', 1_025));

        Assert.Contains("pong", await fits.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Equal(1009, (await oversize.ReadCloseAsync()).Code);
    }

    [Fact]
    public async Task Send_TextThatIsNotUtf8_ClosesWith1007()
    {
        await using var server = await LiveServer.StartAsync();
        using var socket = await server.ConnectRawAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Text, [(byte)'"', 0xff, (byte)'"']));

        Assert.Equal(1007, (await socket.ReadCloseAsync()).Code);
    }

    [Fact]
    public async Task Close_ByTheClient_IsAnsweredWithItsCode()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        Assert.Equal(3001, (await client.CloseAsync(3001)).Code);
        await Eventually.Equal(0, () => server.Connections.Count);
    }

    [Fact]
    public async Task Send_AfterTheServerHasClosed_IsNotHeard()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["default"] = new() { Publish = PublishRule.Anyone });
        using var socket = await server.ConnectRawAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Binary, []));
        Assert.Equal(WireOpcode.Close, (await socket.ReadFrameAsync())!.Opcode);
        await socket.SendTextAsync("""{"type":"chat","room_id":"general"}""");
        await socket.SendAsync(WireFrame.OfClose(1003));
        Assert.Null(await socket.ReadFrameAsync());

        Assert.Equal(0, server.Connections.Statistics.Published);
    }
}
