namespace Causeway.Realtime.Tests;

/// <summary>D1, D9: connections as the server's own code sees them.</summary>
public sealed class ConnectionsTests
{
    [Fact]
    public async Task SendToUser_EveryDevice_GetsIt()
    {
        await using var server = await LiveServer.StartAsync();
        await using var phone = await server.ConnectAsync("ann");
        await using var desk = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        using var stream = await server.StreamAsync("room=general", credential: "ann");
        await stream.ReadAsync("connected");

        var sent = server.Connections.SendToUser("ann", "note", """{"a":1}"""u8.ToArray());
        var nobody = server.Connections.SendToUser("cem", "note", "{}"u8.ToArray());

        Assert.Equal((3, 0), (sent.Connections, nobody.Connections));
        foreach (var client in new[] { phone, desk })
        {
            var note = await client.NextAsync();
            Assert.Equal(["v", "type", "id", "from", "sent_at", "payload"], note.Json.EnumerateObject().Select(static p => p.Name));
            Assert.Equal((sent.Id.ToString(), "note", 1), (note.Id, note.Type, note.Number("a")));
        }

        Assert.Equal(sent.Id.ToString(), (await stream.ReadAsync("note")).Message.Id);
        await bob.PingAsync();
        Assert.Equal(0, bob.Waiting);

        await desk.CloseAsync();
        await Eventually.Equal(2, () => server.Connections.SendToUser("ann", "note", "{}"u8.ToArray()).Connections);
    }

    [Fact]
    public async Task Greeting_IsTheFirstWordAndTheConnectionIsKnownByThen()
    {
        using var core = new LoneCore();
        var known = new List<bool>();
        var line = core.Connect(onAdd: (connection, outlet) =>
        {
            // Sent before the greeting: it must wait for it.
            connection.Send(ServerMessages.Pong(WireForm.Frame, "early"));
            outlet.OnWrite = () => known.Add(core.Core.Connections.Find(connection.Id) is not null);
        });
        await core.SettleAsync();

        Assert.Equal(["connected", "pong"], line.All.Select(static message => message.Type));
        Assert.Equal([true, true], known);
    }

    [Fact]
    public async Task SendToConnection_ThatOne_GetsIt()
    {
        await using var server = await LiveServer.StartAsync();
        await using var one = await server.ConnectAsync("ann");
        await using var other = await server.ConnectAsync("ann");

        Assert.Equal(1, server.Connections.SendToConnection(one.ConnectionId, "note", """{"a":1}"""u8.ToArray()).Connections);
        Assert.Equal(0, server.Connections.SendToConnection("none", "note", "{}"u8.ToArray()).Connections);

        Assert.Equal(1, (await one.NextAsync("note")).Number("a"));
        await other.PingAsync();
        Assert.Equal(0, other.Waiting);
    }

    [Fact]
    public async Task Broadcast_EveryConnection_GetsItStreamsToo()
    {
        await using var server = await LiveServer.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => server.ConnectAsync()));
        using var stream = await server.StreamAsync("room=general");
        await stream.ReadAsync("connected");

        var sent = server.Connections.Broadcast("note", """{"a":1}"""u8.ToArray());

        Assert.Equal(6, sent.Connections);
        Assert.Equal(sent.Id.ToString(), (await stream.ReadAsync("note")).Message.Id);
        foreach (var client in clients)
        {
            Assert.Equal(sent.Id.ToString(), (await client.NextAsync("note")).Id);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Disconnect_OneOrAUsers_CloseAsTheReasonSays()
    {
        await using var server = await LiveServer.StartAsync();
        await using var one = await server.ConnectAsync("ann");
        await using var phone = await server.ConnectAsync("bob");
        await using var desk = await server.ConnectAsync("bob");
        using var stream = await server.StreamAsync("room=general", credential: "bob");
        await stream.ReadAsync("connected");

        Assert.True(server.Connections.Disconnect(one.ConnectionId, CloseReason.DisconnectedByOperator));
        Assert.False(server.Connections.Disconnect("none", CloseReason.DisconnectedByOperator));
        Assert.Equal(3, server.Connections.DisconnectUser("bob", CloseReason.Revoked));
        Assert.Equal(0, server.Connections.DisconnectUser("cem", CloseReason.Revoked));

        Assert.Equal(new WireClose(4502, "disconnected by an operator"), await one.Closed.Within());
        Assert.Equal(new WireClose(4501, "credential revoked"), await phone.Closed.Within());
        Assert.Equal(4501, (await desk.Closed.Within()).Code);
        Assert.Null(await stream.ReadAsync());
        await Eventually.Equal(0, () => server.Connections.Count);
    }

    [Fact]
    public async Task List_Connections_SayWhoWhereAndWhat()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        await using var client = await server.ConnectAsync("ann;name=Ann");
        await client.JoinAsync("a");
        await client.JoinAsync("b:1");
        using var stream = await server.StreamAsync("room=a");
        await stream.ReadAsync("connected");

        var listed = server.Connections.List();
        var found = server.Connections.Find(client.ConnectionId)!;

        Assert.Equal(2, listed.Count);
        Assert.Equal(listed.Select(static c => c.Id).Order(StringComparer.Ordinal), listed.Select(static c => c.Id));
        Assert.Equal((client.ConnectionId, "ann", "Ann", Transport.WebSocket), (found.Id, found.UserId, found.Name, found.Transport));
        Assert.Equal(("127.0.0.1", time.GetUtcNow()), (found.RemoteAddress, found.ConnectedAt));
        Assert.Equal(["a", "b:1"], found.Rooms.Select(static room => room.Value));
        Assert.Equal((0, 0), (found.BacklogBytes, found.Dropped));
        var other = listed.Single(connection => connection.Id != client.ConnectionId);
        Assert.Equal((null, Transport.Sse, "a"), (other.UserId, other.Transport, other.Rooms.Single().Value));
        Assert.Null(server.Connections.Find("none"));
    }

    [Fact]
    public async Task Statistics_Counts_AreOfWhatHappened()
    {
        await using var server = await LiveServer.StartAsync();
        Assert.Null(server.Connections.Statistics.PublishToSendP50);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("a");
        using var stream = await server.StreamAsync("room=a");
        await stream.ReadAsync("connected");

        await server.PublishManyAsync("a", 10);
        await client.NextNumbersAsync(10);
        for (var n = 0; n < 10; n++)
        {
            await stream.ReadAsync("chat");
        }

        await Eventually.Equal(20, () => server.Connections.Statistics.Deliveries);
        await Eventually.True(() => server.Connections.Statistics.PublishToSendP99 is not null);
        var statistics = server.Connections.Statistics;
        Assert.Equal((1, 1, 1, 10), (statistics.WebSockets, statistics.Streams, statistics.Rooms, statistics.Published));
        Assert.Equal((0, 0, 0), (statistics.Dropped, statistics.SlowCloses, statistics.BacklogBytes));
        Assert.InRange(statistics.PublishToSendP50!.Value, TimeSpan.Zero, statistics.PublishToSendP99!.Value);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(4001)]
    [InlineData(4003)]
    [InlineData(4008)]
    [InlineData(4501)]
    [InlineData(4502)]
    public void CloseReasons_ComeBackOrStayAway_AsTheirCodeSays(ushort code)
    {
        CloseReason[] reasons =
        [
            CloseReason.Normal, CloseReason.CredentialExpired, CloseReason.HeartbeatTimeout, CloseReason.SlowConsumer,
            CloseReason.Revoked, CloseReason.DisconnectedByOperator,
        ];

        Assert.Equal(code is >= 4000 and < 4500, reasons.Single(reason => reason.Code == code).ComeBack);
    }
}
