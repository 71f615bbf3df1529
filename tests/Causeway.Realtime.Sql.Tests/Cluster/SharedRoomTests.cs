namespace Causeway.Realtime.Sql.Tests;

/// <summary>D12: several nodes on one PostgreSQL are one service.</summary>
public abstract class SharedRoomTests(BackplaneHome home)
{
    [Theory]
    [InlineData("log:a")]
    [InlineData("fleeting:a")]
    public async Task Publish_OnAnyNode_IsInTheLogOfAllInOneOrder(string room)
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        var (first, second) = (await ann.JoinAsync(room), await bob.JoinAsync(room));

        await Task.WhenAll(
            PublishAsync(ann, room, Enumerable.Range(0, 200)),
            PublishAsync(bob, room, Enumerable.Range(1_000, 200)));

        Assert.Equal(first.Payload.GetProperty("epoch").GetString(), second.Payload.GetProperty("epoch").GetString());
        var (heard, alsoHeard) = (await OffsetsAsync(ann, 400), await OffsetsAsync(bob, 400));
        Assert.Equal(Enumerable.Range(1, 400).Select(static offset => (long)offset), heard.Select(static message => message.Offset));
        Assert.Equal(heard, alsoHeard);
    }

    [Fact]
    public async Task Publish_WithoutEcho_IsNotHeardByItsPublisherEvenWhenAnotherNodeWakesTheRoom()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a", echo: false);
        await bob.JoinAsync("log:a");

        await Task.WhenAll(PublishAsync(ann, "log:a", Enumerable.Range(0, 100)), PublishAsync(bob, "log:a", Enumerable.Range(1_000, 100)));

        Assert.Equal(200, (await OffsetsAsync(bob, 200)).Count);
        Assert.Equal(Enumerable.Range(1_000, 100), (await OffsetsAsync(ann, 100)).Select(static message => message.N));
    }

    [Fact]
    public async Task Publish_WithoutLog_IsHeardOnAllNodesInEachPublishersOrder()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("nolog:a");
        await bob.JoinAsync("nolog:a");
        var large = new string('x', 20_000);

        await PublishAsync(ann, "nolog:a", Enumerable.Range(0, 50));
        await ann.PublishAsync("nolog:a", new JsonObject { ["n"] = 50, ["text"] = large });
        await PublishAsync(ann, "nolog:a", Enumerable.Range(51, 50));

        Assert.Equal(Enumerable.Range(0, 101), (await OffsetsAsync(bob, 101)).Select(static message => message.N));
        Assert.Equal(20_000, bob.Log.Single(static message => message.Type == "chat" && message.Payload.GetProperty("n").GetInt32() == 50).Payload.GetProperty("text").GetString()!.Length);
    }

    [Fact]
    public async Task Join_OnAnotherNode_ResumesWhereTheClientWas()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        var joined = await ann.JoinAsync("fleeting:a");
        await PublishAsync(ann, "fleeting:a", Enumerable.Range(0, 10));

        await using var again = await two.ConnectAsync("ann");
        var resumed = await again.JoinAsync("fleeting:a", (joined.Payload.GetProperty("epoch").GetString()!, 4));

        Assert.True(resumed.Payload.GetProperty("recovered").GetBoolean());
        Assert.Equal([4, 5, 6, 7, 8, 9], (await OffsetsAsync(again, 6)).Select(static message => message.N));
    }

    [Fact]
    public async Task Publish_ByANodeThatWasTakenOutAndDoesNotKnowYet_IsHeard()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var ann = await one.ConnectAsync("ann");
        await ann.JoinAsync("log:a");
        var first = Assert.Single(await one.Database.QueryAsync<string>("SELECT node FROM nodes"));
        await using var two = await one.AnotherAsync();
        var second = Assert.Single(await one.Database.QueryAsync<string>("SELECT node FROM nodes"), node => node != first);

        // As a third node would tell that has found the lease to be over.
        using var gone = new MemoryStream();
        await using (var writer = new BinaryWriter(gone))
        {
            writer.Write((byte)4);
            writer.Write("third");
            writer.Write(second);
        }

        two.Services.GetRequiredService<IBackplane>().Send(null, gone.ToArray());
        await one.Logs.WaitFor("NodeGone");
        await two.PublishAsync("log:a", 1);

        Assert.Equal([(1L, 1)], await OffsetsAsync(ann, 1));
    }

    [Fact]
    public async Task Delete_OnOneNode_PutsMembersOutOnAll()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var bob = await two.ConnectAsync("bob");
        var before = await bob.JoinAsync("log:a");

        Assert.True(await one.Rooms.DeleteAsync(RoomId.Parse("log:a"), "over"));

        Assert.Equal("over", (await bob.NextAsync("room_closed")).Payload.GetProperty("reason").GetString());
        Assert.NotEqual(before.Payload.GetProperty("epoch").GetString(), (await bob.JoinAsync("log:a")).Payload.GetProperty("epoch").GetString());
    }

    [Fact]
    public async Task KickSendAndDisconnect_OfAUserOnAnotherNode_ReachThem()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a");
        await bob.JoinAsync("log:a");
        await Eventually.True(() => one.Rooms.Members(RoomId.Parse("log:a"))!.Count == 2);
        var connections = one.Services.GetRequiredService<Connections>();

        connections.SendToUser("bob", "note", """{"n":1}"""u8.ToArray());
        connections.SendToConnection(bob.ConnectionId, "note", """{"n":2}"""u8.ToArray());
        connections.Broadcast("note", """{"n":3}"""u8.ToArray());
        Assert.Equal(1, one.Rooms.KickUser(RoomId.Parse("log:a"), "bob", "enough"));
        connections.DisconnectUser("bob", CloseReason.DisconnectedByOperator);

        for (var n = 1; n <= 3; n++)
        {
            Assert.Equal(n, (await bob.NextAsync("note")).Payload.GetProperty("n").GetInt32());
        }

        Assert.Equal("enough", (await bob.NextAsync("kicked")).Payload.GetProperty("reason").GetString());
        Assert.Equal((ushort)4502, (await bob.Closed).Code);
    }

    [Fact]
    public async Task Database_CrashesMeanwhile_RoomsThatNeedNotOutliveItBeginAnewAndDurableOnesGoOn()
    {
        LogServer.NeedPostgres();
        await using var postgres = await PostgresServer.StartAsync();
        await using var one = await LogServer.StartNodeAsync(home, postgres);
        await using var two = await one.AnotherAsync();
        await using var bob = await two.ConnectAsync("bob");
        var (durable, fleeting) = (await bob.JoinAsync("log:a"), await bob.JoinAsync("fleeting:a"));
        await one.PublishAsync("log:a", 1);
        await one.PublishAsync("fleeting:a", 1);
        Assert.Equal(2, (await OffsetsAsync(bob, 2)).Count);

        await postgres.KillAsync();
        if (home == BackplaneHome.Postgres)
        {
            await Eventually.True(() => !one.Rooms.IsInTouch && !two.Rooms.IsInTouch);
        }

        await postgres.StartAgainAsync();
        await one.InTouchAsync();
        await two.InTouchAsync();

        await Eventually.True(async () => (await one.TryPublishAsync("log:a", 2)).Error is null);
        await Eventually.True(async () => (await one.TryPublishAsync("fleeting:a", 2)).Error is null);
        Assert.Equal("fleeting:a", (await bob.NextAsync("room_closed")).Payload.GetProperty("room_id").GetString());
        var now = (await bob.JoinAsync("log:a"), await bob.JoinAsync("fleeting:a"));
        Assert.Equal(durable.Payload.GetProperty("epoch").GetString(), now.Item1.Payload.GetProperty("epoch").GetString());
        Assert.NotEqual(fleeting.Payload.GetProperty("epoch").GetString(), now.Item2.Payload.GetProperty("epoch").GetString());
        await Eventually.True(() => bob.Log.Where(static message => message.Type == "chat" && message.RoomId == "log:a").Select(static message => message.Payload.GetProperty("n").GetInt32()).SequenceEqual([1, 2]), what: "the durable room has lost and doubled nothing");
    }

    private static async Task PublishAsync(LiveClient client, string room, IEnumerable<int> numbers)
    {
        foreach (var n in numbers)
        {
            await client.PublishAsync(room, new JsonObject { ["n"] = n });
        }
    }

    private static async Task<List<(long Offset, int N)>> OffsetsAsync(LiveClient client, int count)
    {
        await Eventually.True(() => client.Log.Count(static message => message.Type == "chat") >= count, what: $"{count} messages heard");
        return [.. client.Log.Where(static message => message.Type == "chat").Select(static message => (message.Offset ?? 0, message.Payload.GetProperty("n").GetInt32()))];
    }
}

/// <inheritdoc/>
public sealed class PostgresSharedRoomTests() : SharedRoomTests(BackplaneHome.Postgres);

/// <inheritdoc/>
public sealed class RabbitMqSharedRoomTests() : SharedRoomTests(BackplaneHome.RabbitMq);
