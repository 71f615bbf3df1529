namespace Causeway.Realtime.Tests;

/// <summary>D2, D3: joining, and from where a member hears the room.</summary>
public sealed class JoinTests
{
    private const string Room = "general";

    [Fact]
    public async Task Join_FirstTime_SaysWhereTheRoomStands()
    {
        await using var server = await LiveServer.StartAsync();
        await server.PublishManyAsync(Room, 3);
        await using var client = await server.ConnectAsync("ann;name=Ann");

        var ack = await client.JoinAsync(Room);

        Assert.Equal(["status", "room_id", "epoch", "offset", "recovered", "replayed", "members", "member_count"], ack.Fields());
        Assert.Equal("ok", ack.Text("status"));
        Assert.Equal(Room, ack.Text("room_id"));
        Assert.Equal(server.Rooms.Find(RoomId.Parse(Room))!.Epoch, ack.Text("epoch"));
        Assert.Equal(3, ack.Number("offset"));
        Assert.False(ack.Flag("recovered"));
        Assert.Equal(0, ack.Number("replayed"));
        Assert.Equal(["ann×1"], ack.Members());
        Assert.Equal("Ann", ack.Payload.GetProperty("members")[0].GetProperty("name").GetString());
        Assert.Equal(1, ack.Number("member_count"));
        await client.PingAsync();
        Assert.Equal(0, client.Waiting);
    }

    [Fact]
    public async Task Join_NamespaceWithoutHistoryAndPresence_SaysSo()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["plain"] = new() { History = 0, Presence = false });
        await using var client = await server.ConnectAsync();

        var ack = await client.JoinAsync("plain:x", since: ("0011", 5), history: 5);
        await server.PublishAsync("plain:x", 1);
        var message = await client.NextAsync();

        Assert.Equal(["status", "room_id", "epoch", "offset", "recovered", "replayed"], ack.Fields());
        Assert.True(ack.IsNull("epoch"));
        Assert.True(ack.IsNull("offset"));
        Assert.False(ack.Flag("recovered"));
        Assert.Equal(0, ack.Number("replayed"));
        Assert.False(message.Json.TryGetProperty("offset", out _));
        Assert.False(message.Json.TryGetProperty("epoch", out _));
        Assert.NotNull(message.Id);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(2, 3)]
    [InlineData(4, 1)]
    [InlineData(5, 0)]
    public async Task Join_SinceInTheLog_ReplaysAllThatFollows(long since, int replayed)
    {
        await using var server = await LiveServer.StartAsync();
        await server.PublishManyAsync(Room, 5);
        await using var client = await server.ConnectAsync();

        var ack = await client.JoinAsync(Room, (server.Rooms.Find(RoomId.Parse(Room))!.Epoch!, since), history: 100);
        await server.PublishAsync(Room, 6);

        Assert.True(ack.Flag("recovered"));
        Assert.Equal(replayed, ack.Number("replayed"));
        Assert.Equal(5, ack.Number("offset"));
        Assert.Equal(Enumerable.Range((int)since + 1, replayed + 1), await client.NextNumbersAsync(replayed + 1));
    }

    [Theory]
    [InlineData(null, 6L)]
    [InlineData(null, long.MaxValue)]
    [InlineData("another", 3L)]
    public async Task Join_SinceOfNoUse_IsNotRecovered(string? epoch, long offset)
    {
        await using var server = await LiveServer.StartAsync();
        await server.PublishManyAsync(Room, 5);
        await using var client = await server.ConnectAsync();

        var ack = await client.JoinAsync(Room, (epoch ?? server.Rooms.Find(RoomId.Parse(Room))!.Epoch!, offset));
        await server.PublishAsync(Room, 6);

        Assert.False(ack.Flag("recovered"));
        Assert.Equal(0, ack.Number("replayed"));
        Assert.Equal([6], await client.NextNumbersAsync(1));
    }

    [Fact]
    public async Task Join_SinceOlderThanTheLog_IsNotRecoveredInPart()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["short"] = new() { History = 3 });
        await server.PublishManyAsync("short:x", 5);
        var epoch = server.Rooms.Find(RoomId.Parse("short:x"))!.Epoch!;
        await using var client = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();

        var tooOld = await client.JoinAsync("short:x", (epoch, 1));
        var justInTime = await other.JoinAsync("short:x", (epoch, 2));

        Assert.False(tooOld.Flag("recovered"));
        Assert.Equal(0, tooOld.Number("replayed"));
        Assert.True(justInTime.Flag("recovered"));
        Assert.Equal([3, 4, 5], await other.NextNumbersAsync(3));
        await client.PingAsync();
        Assert.Equal(0, client.Waiting);
    }

    [Fact]
    public async Task Join_SinceOlderThanHistorySeconds_IsNotRecovered()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["brief"] = new() { HistorySeconds = 10 }, time: time);
        await using var stays = await server.ConnectAsync();
        var first = await stays.JoinAsync("brief:x");
        await server.PublishManyAsync("brief:x", 2);
        time.Advance(TimeSpan.FromSeconds(6));
        await server.PublishAsync("brief:x", 3);
        time.Advance(TimeSpan.FromSeconds(6));
        await using var client = await server.ConnectAsync();

        var stale = await client.JoinAsync("brief:x", (first.Text("epoch")!, 1));
        await client.LeaveAsync("brief:x");
        var fresh = await client.JoinAsync("brief:x", (first.Text("epoch")!, 2));

        Assert.False(stale.Flag("recovered"));
        Assert.True(fresh.Flag("recovered"));
        Assert.Equal([3], await client.NextNumbersAsync(1));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(5, 5)]
    [InlineData(50, 5)]
    public async Task Join_HistoryWithoutPosition_ReplaysTheLast(int asked, int got)
    {
        await using var server = await LiveServer.StartAsync();
        await server.PublishManyAsync(Room, 5);
        await using var client = await server.ConnectAsync();

        var ack = await client.JoinAsync(Room, history: asked);
        await server.PublishAsync(Room, 6);

        Assert.False(ack.Flag("recovered"));
        Assert.Equal(got, ack.Number("replayed"));
        Assert.Equal(5, ack.Number("offset"));
        Assert.Equal(Enumerable.Range(6 - got, got + 1), await client.NextNumbersAsync(got + 1));
    }

    [Fact]
    public async Task Join_HistoryBeyondWhatIsKept_ReplaysWhatThereIs()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["short"] = new() { History = 2 });
        await server.PublishManyAsync("short:x", 5);
        await using var client = await server.ConnectAsync();

        var ack = await client.JoinAsync("short:x", ("another", 1), history: 10);

        Assert.False(ack.Flag("recovered"));
        Assert.Equal(2, ack.Number("replayed"));
        Assert.Equal([4, 5], await client.NextNumbersAsync(2));
    }

    [Fact]
    public async Task Join_Again_AnswersAndDoublesNothing()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync("ann");
        await client.JoinAsync(Room);
        await server.PublishManyAsync(Room, 2);
        await client.NextNumbersAsync(2);

        var ack = await client.JoinAsync(Room, history: 2);
        await server.PublishAsync(Room, 3);

        Assert.Equal(2, ack.Number("offset"));
        Assert.False(ack.Flag("recovered"));
        Assert.Equal(0, ack.Number("replayed"));
        Assert.Equal(["ann×1"], ack.Members());
        Assert.Equal([3], await client.NextNumbersAsync(1));
        Assert.Equal(1, server.Rooms.Find(RoomId.Parse(Room))!.Connections);
    }

    [Fact]
    public async Task Join_AgainWithSince_ReplaysAgain()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var first = await client.JoinAsync(Room);
        await server.PublishManyAsync(Room, 3);
        await client.NextNumbersAsync(3);

        var ack = await client.JoinAsync(Room, (first.Text("epoch")!, 1));
        await server.PublishAsync(Room, 4);

        Assert.True(ack.Flag("recovered"));
        Assert.Equal(2, ack.Number("replayed"));
        Assert.Equal([2, 3, 4], await client.NextNumbersAsync(3));
    }

    [Fact]
    public async Task Join_EchoOff_OthersHearWhatTheSenderIsSpared()
    {
        await using var server = await LiveServer.StartAsync();
        await using var sender = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        var joined = await sender.JoinAsync(Room, echo: false);
        await other.JoinAsync(Room);

        var ack = await sender.PublishAsync(Room, new JsonObject { ["n"] = 1 });
        await server.PublishAsync(Room, 2);
        Assert.Equal([1, 2], await other.NextNumbersAsync(2));
        Assert.Equal([2], await sender.NextNumbersAsync(1));

        // The ack stood for the message: the position goes on from it.
        Assert.Equal(joined.Text("epoch"), ack.Text("epoch"));
        Assert.Equal(1, ack.Number("offset"));

        await sender.JoinAsync(Room, echo: true);
        await sender.PublishAsync(Room, new JsonObject { ["n"] = 3 });
        Assert.Equal([3], await sender.NextNumbersAsync(1));
    }

    [Fact]
    public async Task Join_EchoOffWithinABatch_OnlyItsOwnIsMissing()
    {
        using var core = new LoneCore();
        var sender = core.Connect();
        var other = core.Connect();
        sender.Join(Room, echo: false);
        other.Join(Room);
        await core.SettleAsync();

        core.Publish(Room, 1);
        sender.Say("chat", Room);
        sender.Say("chat", Room);
        core.Publish(Room, 4);
        await core.SettleAsync();

        Assert.Equal([1, 4], sender.Offsets);
        Assert.Equal([1, 2, 3, 4], other.Offsets);
    }

    [Fact]
    public async Task Join_EchoOffThenReplay_LeavesItsOwnOut()
    {
        using var core = new LoneCore();
        var sender = core.Connect();
        sender.Join(Room, echo: false);
        await core.SettleAsync();
        var epoch = sender.Heard.Single(static message => message.Ref == "join").Text("epoch")!;
        core.Publish(Room, 1);
        sender.Say("chat", Room);
        core.Publish(Room, 3);
        await core.SettleAsync();

        sender.Join(Room, (epoch, 0), echo: false);
        await core.SettleAsync();

        Assert.Equal([1, 3, 1, 3], sender.Offsets);
    }

    [Theory]
    [InlineData("""{"since":5}""", "since")]
    [InlineData("""{"since":{"epoch":"a"}}""", "since")]
    [InlineData("""{"since":{"epoch":1,"offset":1}}""", "since")]
    [InlineData("""{"since":{"epoch":"a","offset":-1}}""", "since")]
    [InlineData("""{"since":{"epoch":"a","offset":1.5}}""", "since")]
    [InlineData("""{"history":-1}""", "history")]
    [InlineData("""{"history":"5"}""", "history")]
    [InlineData("""{"history":1e99}""", "history")]
    [InlineData("""{"echo":"no"}""", "echo")]
    public async Task Join_FieldOfTheWrongKind_IsNamed(string payload, string field)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var answer = await client.RequestAsync("join_room", JsonNode.Parse(payload)!.AsObject(), Room);

        Assert.Equal("VALIDATION_ERROR", answer.ErrorCode);
        Assert.True(answer.Payload.GetProperty("details").GetProperty("fields").TryGetProperty(field, out _));
        Assert.Equal(0, server.Rooms.Count);
    }

    [Fact]
    public async Task Join_SinceNull_IsAFirstJoin()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var answer = await client.RequestAsync("join_room", new JsonObject { ["since"] = null }, Room);

        Assert.Equal("ack", answer.Type);
        Assert.False(answer.Flag("recovered"));
    }

    [Fact]
    public async Task Join_NoRoom_NamesTheField()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        foreach (var type in new[] { "join_room", "leave_room", "presence", "history", "typing" })
        {
            var answer = await client.RequestAsync(type, new JsonObject { ["is_typing"] = true });

            Assert.Equal("VALIDATION_ERROR", answer.ErrorCode);
            Assert.Equal("required", answer.Payload.GetProperty("details").GetProperty("fields").GetProperty("room_id").GetString());
        }
    }

    [Fact]
    public async Task Join_RoomAtItsLimit_IsFullForOthersAlone()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["duo"] = new() { MaxMembers = 2 });
        await using var ann = await server.ConnectAsync();
        await using var bob = await server.ConnectAsync();
        await using var cem = await server.ConnectAsync();
        await ann.JoinAsync("duo:x");
        await bob.JoinAsync("duo:x");

        var full = await cem.RequestAsync("join_room", room: "duo:x");
        var again = await ann.RequestAsync("join_room", room: "duo:x");
        await bob.LeaveAsync("duo:x");
        var free = await cem.RequestAsync("join_room", room: "duo:x");

        Assert.Equal("ROOM_FULL", full.ErrorCode);
        Assert.Equal("duo:x", full.Payload.GetProperty("details").GetProperty("room_id").GetString());
        Assert.Equal("ack", again.Type);
        Assert.Equal("ack", free.Type);
    }

    [Fact]
    public async Task Join_MoreRoomsThanAllowed_IsRefusedUntilOneIsLeft()
    {
        await using var server = await LiveServer.StartAsync(static options => options.MaxRoomsPerConnection = 2);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("a");
        await client.JoinAsync("b");

        var third = await client.RequestAsync("join_room", room: "c");
        var again = await client.RequestAsync("join_room", room: "a");
        await client.LeaveAsync("a");
        var after = await client.RequestAsync("join_room", room: "c");

        Assert.Equal("TOO_MANY_ROOMS", third.ErrorCode);
        Assert.Equal(2, third.Payload.GetProperty("details").GetProperty("limit").GetInt32());
        Assert.Equal("ack", again.Type);
        Assert.Equal("ack", after.Type);
        Assert.Equal(2, server.Rooms.Count);
    }

    [Fact]
    public async Task Join_NamespaceWithoutAutoCreate_FindsOnlyWhatWasCreated()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["fixed"] = new() { AutoCreate = false });
        await using var client = await server.ConnectAsync();

        var missing = await client.RequestAsync("join_room", room: "fixed:x");
        server.Rooms.Create(RoomId.Parse("fixed:x"), RoomSettings.Empty);
        var found = await client.RequestAsync("join_room", room: "fixed:x");

        Assert.Equal("ROOM_NOT_FOUND", missing.ErrorCode);
        Assert.Equal("ack", found.Type);
    }

    [Fact]
    public async Task Leave_Member_HearsNothingMore()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync(Room);

        var ack = await client.LeaveAsync(Room);
        await server.PublishAsync(Room, 1);
        await client.PingAsync();

        Assert.Equal(["status"], ack.Fields());
        Assert.Equal(0, client.Waiting);
        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("leave_room", room: Room)).ErrorCode);
        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("leave_room", room: "never")).ErrorCode);
    }

    [Fact]
    public async Task Join_EmptyRoomOfNobody_ComesBackWithANewEpoch()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        var first = await client.JoinAsync(Room);
        await client.LeaveAsync(Room);
        Assert.Equal(0, server.Rooms.Count);

        var second = await client.JoinAsync(Room, first.Position());

        Assert.NotEqual(first.Text("epoch"), second.Text("epoch"));
        Assert.False(second.Flag("recovered"));
    }
}
