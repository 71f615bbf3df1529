using System.Text;
using Causeway.Http;

namespace Causeway.Realtime.Tests;

/// <summary>D1, D9: rooms as the server's own code sees them.</summary>
public sealed class RoomsTests
{
    private static readonly RoomId Room = RoomId.Parse("general");

    [Fact]
    public async Task PublishAsync_AsTheServer_HasIdOffsetEpochAndNoSender()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["default"] = new() { Publish = PublishRule.Server });
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("general");

        var result = await server.Rooms.PublishAsync(Room, "chat", """{"a":1}"""u8.ToArray());
        var heard = await client.NextAsync();
        var signed = await server.Rooms.PublishAsync(
            Room, "chat", "{}"u8.ToArray(), new PublishOptions { From = new MessageSender("bob", "Bob\n\"B\"", null) });
        var from = (await client.NextAsync()).Json.GetProperty("from");

        Assert.True(result.Published);
        Assert.Equal(heard.Id, result.Id.ToString());
        Assert.Equal((1, heard.Epoch), (result.Offset!.Value, result.Epoch));
        Assert.Equal(JsonValueKind.Null, heard.Json.GetProperty("from").ValueKind);
        Assert.Equal(2, signed.Offset);
        Assert.Equal(("bob", "Bob\n\"B\""), (from.GetProperty("user_id").GetString(), from.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, from.GetProperty("connection_id").ValueKind);
    }

    [Fact]
    public async Task PublishAsync_EphemeralOrWithoutHistory_HasNoOffset()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["plain"] = new() { History = 0 });

        var ephemeral = await server.PublishAsync("general", 1, new PublishOptions { Ephemeral = true });
        var plain = await server.PublishAsync("plain:x", 1);

        Assert.True(ephemeral.Published);
        Assert.Null(ephemeral.Offset);
        Assert.Null(ephemeral.Epoch);
        Assert.True(plain.Published);
        Assert.Null(plain.Offset);
        Assert.Null(server.Rooms.Find(RoomId.Parse("plain:x")));
    }

    [Theory]
    [InlineData("chat", "")]
    [InlineData("chat", "5")]
    [InlineData("chat", "[1]")]
    [InlineData("chat", "{}{}")]
    [InlineData("chat", "{\"a\":1")]
    [InlineData("chat", "{\"a\":1,}")]
    [InlineData("chat", "{\"a\":\"\n\"}")]
    [InlineData("Chat", "{}")]
    [InlineData("", "{}")]
    [InlineData("kicked", "{}")]
    public async Task PublishAsync_WhatWouldBreakClients_IsRefused(string type, string payload)
    {
        using var core = new LoneCore();

        var result = await core.Core.Rooms.PublishAsync(Room, type, Encoding.UTF8.GetBytes(payload));

        Assert.False(result.Published);
        Assert.Equal(ErrorCode.ValidationError, result.Error!.Code);
        Assert.Equal(0, core.Core.Rooms.Count);
        Assert.Throws<ArgumentException>(() => core.Core.Connections.Broadcast(type, Encoding.UTF8.GetBytes(payload)));
    }

    [Fact]
    public async Task PublishAsync_BytesThatAreNotUtf8_AreRefused()
    {
        using var core = new LoneCore();

        var result = await core.Core.Rooms.PublishAsync(Room, "chat", (byte[])[.. "{\"a\":\""u8, 0xff, 0xfe, .. "\"}"u8]);

        Assert.Equal(ErrorCode.ValidationError, result.Error?.Code);
    }

    [Fact]
    public async Task PublishAsync_NestedTooDeep_IsRefused()
    {
        using var core = new LoneCore();

        var deepest = await core.Core.Rooms.PublishAsync(Room, "chat", Nested(62));
        var tooDeep = await core.Core.Rooms.PublishAsync(Room, "chat", Nested(63));

        Assert.True(deepest.Published);
        Assert.Equal(ErrorCode.ValidationError, tooDeep.Error!.Code);

        static byte[] Nested(int arrays) => Encoding.UTF8.GetBytes($$"""{"a":{{new string('[', arrays)}}{{new string(']', arrays)}}}""");
    }

    [Fact]
    public async Task PublishAsync_ConflateKeyTooLong_IsRefused()
    {
        using var core = new LoneCore();

        var fits = await core.Core.Rooms.PublishAsync(Room, "chat", "{}"u8.ToArray(), new PublishOptions { ConflateKey = new string('k', 64) });
        var tooLong = await core.Core.Rooms.PublishAsync(Room, "chat", "{}"u8.ToArray(), new PublishOptions { ConflateKey = new string('k', 65) });

        Assert.True(fits.Published);
        Assert.Equal(ErrorCode.ValidationError, tooLong.Error!.Code);
    }

    [Fact]
    public async Task PublishAsync_Cancelled_PublishesNothing()
    {
        using var core = new LoneCore();

        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await core.Core.Rooms.PublishAsync(Room, "chat", "{}"u8.ToArray(), null, new CancellationToken(canceled: true)));

        Assert.Equal(0, core.Core.Rooms.Count);
    }

    [Fact]
    public async Task PublishAsync_LineBreaksInThePayload_StayOneLineForStreams()
    {
        await using var server = await LiveServer.StartAsync();
        using var stream = await server.StreamAsync("room=general");
        await stream.ReadAsync("connected");
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("general");

        await server.Rooms.PublishAsync(Room, "chat", "{\r\n \"text\":\n\"a\\nb\"\r}"u8.ToArray());

        var block = await stream.ReadAsync("chat");
        Assert.Equal("a\nb", block.Message.Text("text"));
        Assert.DoesNotContain('\r', block.Data!);
        Assert.Equal("a\nb", (await client.NextAsync()).Text("text"));
    }

    [Fact]
    public void Create_Rooms_AreListedUpdatedAndConflict()
    {
        using var core = new LoneCore();
        var rooms = core.Core.Rooms;
        core.Publish("b-by-itself");

        Assert.Null(rooms.Create(RoomId.Parse("c"), new RoomSettings { Title = "See", AllowedUsers = ["ann"] }));
        Assert.Null(rooms.Create(RoomId.Parse("b-by-itself"), RoomSettings.Empty));
        Assert.Null(rooms.Create(RoomId.Parse("a"), RoomSettings.Empty));
        Assert.Equal(ErrorCode.Conflict, rooms.Create(RoomId.Parse("c"), RoomSettings.Empty)!.Code);
        Assert.Null(rooms.Update(RoomId.Parse("a"), new RoomSettings { Title = "Ay" }));
        Assert.Equal(ErrorCode.RoomNotFound, rooms.Update(RoomId.Parse("d"), RoomSettings.Empty)!.Code);

        Assert.Equal(["a", "b-by-itself", "c"], rooms.List().Select(static room => room.Id.Value));
        Assert.Equal(3, rooms.Count);
        Assert.All(rooms.List(), static room => Assert.True(room.Permanent));
        Assert.Equal("Ay", rooms.Find(RoomId.Parse("a"))!.Settings.Title);
        var c = rooms.Find(RoomId.Parse("c"))!;
        Assert.Equal(("See", "ann"), (c.Settings.Title, Assert.Single(c.Settings.AllowedUsers)));
        Assert.Equal((0, 0, 0, 0), (c.Offset!.Value, c.Connections, c.Members, c.HistoryCount));
        Assert.Equal(core.Time.GetUtcNow(), c.CreatedAt);
        Assert.Equal((1, 1), (rooms.Find(RoomId.Parse("b-by-itself"))!.Offset!.Value, rooms.Find(RoomId.Parse("b-by-itself"))!.HistoryCount));
        Assert.Null(rooms.Find(RoomId.Parse("d")));
    }

    [Fact]
    public async Task Delete_Room_TellsItsMembersAndStartsAnew()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync("ann");
        using var stream = await server.StreamAsync("room=general&room=other");
        await stream.ReadAsync("connected");
        var joined = await client.JoinAsync("general");
        await server.PublishAsync("general", 1);
        await client.NextAsync("chat");

        Assert.True(await server.Rooms.DeleteAsync(Room, "over"));
        Assert.False(await server.Rooms.DeleteAsync(Room, "over"));

        var closed = await client.NextAsync("room_closed");
        Assert.Equal(("general", "over"), (closed.Text("room_id"), closed.Text("reason")));
        Assert.Equal("over", (await stream.ReadAsync("room_closed")).Message.Text("reason"));
        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("chat", room: "general")).ErrorCode);
        Assert.Empty(server.Connections.Find(client.ConnectionId)!.Rooms);
        var again = await client.JoinAsync("general", joined.Position());
        Assert.NotEqual(joined.Text("epoch"), again.Text("epoch"));
        Assert.Equal(0, again.Number("offset"));
        Assert.False(again.Flag("recovered"));

        await server.PublishAsync("other", 2);
        Assert.Equal(2, (await stream.ReadAsync("chat")).Message.Number("n"));
    }

    [Fact]
    public async Task Kick_UserOrConnection_IsToldAndOut()
    {
        await using var server = await LiveServer.StartAsync();
        await using var phone = await server.ConnectAsync("ann");
        await using var desk = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        foreach (var client in new[] { phone, desk, bob })
        {
            await client.JoinAsync("general");
        }

        Assert.Equal(2, server.Rooms.KickUser(Room, "ann", "spam"));
        Assert.Equal(0, server.Rooms.KickUser(Room, "ann", "spam"));
        Assert.Equal(0, server.Rooms.KickUser(RoomId.Parse("none"), "ann", "spam"));
        Assert.True(server.Rooms.KickConnection(Room, bob.ConnectionId, "noise"));
        Assert.False(server.Rooms.KickConnection(Room, bob.ConnectionId, "noise"));
        await server.PublishAsync("general", 1);

        foreach (var client in new[] { phone, desk })
        {
            var kicked = await client.NextAsync("kicked");
            Assert.Equal(("general", "spam"), (kicked.Text("room_id"), kicked.Text("reason")));
        }

        Assert.Equal("noise", (await bob.NextAsync("kicked")).Text("reason"));
        foreach (var client in new[] { phone, desk, bob })
        {
            Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("chat", room: "general")).ErrorCode);
            Assert.DoesNotContain(client.Log, static message => message.Type == "chat");
        }

        Assert.Equal("ack", (await bob.RequestAsync("join_room", room: "general")).Type);
    }

    [Fact]
    public void History_Bounds_AreExclusiveAndTheLimitHolds()
    {
        using var core = new LoneCore();
        for (var n = 1; n <= 20; n++)
        {
            core.Publish("general", n);
        }

        Assert.Equal(Range(16, 20), Read(null, null, 5));
        Assert.Equal(Range(1, 5), Read(0, null, 5));
        Assert.Equal(Range(11, 15), Read(10, null, 5));
        Assert.Equal(Range(5, 9), Read(null, 10, 5));
        Assert.Equal(Range(4, 6), Read(3, 7, 100));
        Assert.Empty(Read(20, null, 5));
        Assert.Empty(Read(long.MaxValue, null, 5));
        Assert.Empty(Read(null, 1, 5));
        Assert.Empty(Read(null, long.MinValue, 5));
        Assert.Equal(Range(20, 20), Read(null, long.MaxValue, 1));
        Assert.Null(core.Read("none", null, null, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(null, null, 0));
        var first = core.Read(Room.Value, 0, null, 1)![0];
        Assert.Equal(1, JsonElement.Parse(first.Json.Span).GetProperty("payload").GetProperty("n").GetInt32());

        long[] Read(long? after, long? before, int limit) =>
            [.. core.Read(Room.Value, after, before, limit)!.Select(static message => message.Offset)];

        static IEnumerable<long> Range(int first, int last) => Enumerable.Range(first, last - first + 1).Select(static n => (long)n);
    }

    [Fact]
    public async Task Members_OfRooms_AreCountedByUser()
    {
        using var core = new LoneCore(static options => options.Namespaces["quiet"] = new() { Presence = false });
        foreach (var credential in new[] { "bob;name=Bob", "ann", "ann", "-", "-" })
        {
            var line = core.Connect(credential);
            line.Join("general");
            line.Join("quiet:x");
        }

        await core.SettleAsync();

        Assert.Equal(
            [new RoomMember(null, null, 2), new RoomMember("ann", null, 2), new RoomMember("bob", "Bob", 1)],
            core.Core.Rooms.Members(Room)!);
        Assert.Equal((5, 3), (core.Core.Rooms.Find(Room)!.Connections, core.Core.Rooms.Find(Room)!.Members));
        Assert.Empty(core.Core.Rooms.Members(RoomId.Parse("quiet:x"))!);
        Assert.Null(core.Core.Rooms.Members(RoomId.Parse("none")));
    }

    [Fact]
    public async Task Forget_UnusedRooms_GoWithTheirLastMemberOrMessage()
    {
        using var core = new LoneCore(static options => options.Namespaces["brief"] = new() { HistorySeconds = 10 });
        var line = core.Connect();
        line.Join("empty");
        line.Join("brief:said");
        Assert.Null(core.Core.Rooms.Create(RoomId.Parse("kept"), RoomSettings.Empty));
        core.Publish("brief:said");
        core.Publish("brief:unheard");
        Assert.Equal(4, core.Core.Rooms.Count);

        line.Say("leave_room", "empty");
        Assert.Equal(["brief:said", "brief:unheard", "kept"], Names());
        line.Say("leave_room", "brief:said");
        await core.AdvanceAsync(TimeSpan.FromSeconds(9));
        Assert.Equal(["brief:said", "brief:unheard", "kept"], Names());
        await core.AdvanceAsync(TimeSpan.FromSeconds(6));
        Assert.Equal(["kept"], Names());

        IEnumerable<string> Names() => core.Core.Rooms.List().Select(static room => room.Id.Value);
    }

    [Theory]
    [InlineData("general", "default")]
    [InlineData("chat:eu:1", "chat")]
    [InlineData(":x", "default")]
    public void RoomId_Namespace_StandsBeforeTheFirstColon(string text, string name)
    {
        Assert.Equal(name, RoomId.Parse(text).Namespace);
        Assert.Equal(text, RoomId.Parse(text).ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a/b")]
    public void RoomId_WhatIsNone_IsNotRead(string? text)
    {
        Assert.False(RoomId.TryParse(text, null, out _));
        Assert.Throws<FormatException>(() => RoomId.Parse(text!));
        Assert.False(RoomId.TryParse(new string('a', 129), null, out _));
        Assert.True(RoomId.TryParse(new string('a', 128), null, out _));
    }
}
