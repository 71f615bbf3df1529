namespace Causeway.Realtime.Sql.Tests;

/// <summary>D12: who is in a room is exact over all nodes, whatever becomes of one.</summary>
public abstract class SharedPresenceTests(BackplaneHome home)
{
    private static readonly RoomId Room = RoomId.Parse("log:a");

    [Fact]
    public async Task Join_OnAnotherNode_IsToldOnceAndCounted()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await ann.JoinAsync("log:a");
        await using var bob = await two.ConnectAsync("bob");
        await using var bobToo = await one.ConnectAsync("bob");
        await using var stranger = await two.ConnectAsync();

        await Eventually.True(async () => (await two.Rooms.MembersAsync(Room))?.Count == 1, what: "the other node reads of ann without the room");
        var joined = await bob.JoinAsync("log:a");
        Assert.Equal("bob", (await ann.NextAsync("user_joined")).Payload.GetProperty("user_id").GetString());
        await bobToo.JoinAsync("log:a");
        await stranger.JoinAsync("log:a");

        Assert.Equal(2, joined.Payload.GetProperty("member_count").GetInt32());
        RoomMember[] expected = [new(null, null, 1), new("ann", "ANN", 1), new("bob", "BOB", 2)];
        await Eventually.True(() => one.Rooms.Members(Room)!.SequenceEqual(expected) && two.Rooms.Members(Room)!.SequenceEqual(expected), what: "both nodes know all three");
        Assert.Equal(4, one.Rooms.Find(Room)!.Connections);
        Assert.Single(ann.Log, static message => message.Type == "user_joined");
    }

    [Fact]
    public async Task Leave_OnAnotherNode_IsToldAfterTheGrace()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a");
        await bob.JoinAsync("log:a");
        await ann.NextAsync("user_joined");

        await bob.LeaveAsync("log:a");

        Assert.Equal("bob", (await ann.NextAsync("user_left")).Payload.GetProperty("user_id").GetString());
        Assert.Equal("ann", Assert.Single(one.Rooms.Members(Room)!).UserId);
        await Eventually.True(async () => await PresentAsync(one) == 1, what: "what is written down is the same");
    }

    [Fact]
    public async Task Move_ToAnotherNodeWithinTheGrace_IsUnnoticed()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a");
        await bob.JoinAsync("log:a");
        await ann.NextAsync("user_joined");

        await bob.CloseAsync();
        await Eventually.True(() => one.Rooms.Members(Room)!.Count == 1, what: "bob is away");
        await using var again = await one.ConnectAsync("bob");
        await again.JoinAsync("log:a");
        await two.PublishAsync("log:a", 1);
        await ann.NextAsync("chat");

        Assert.Equal(["bob"], ann.Log.Where(static message => message.Type is "user_joined" or "user_left").Select(static message => message.Payload.GetProperty("user_id").GetString()));
    }

    [Fact]
    public async Task Stop_OfANode_TakesItsMembersWithIt()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var ann = await one.ConnectAsync("ann");
        await ann.JoinAsync("log:a");
        var two = await one.AnotherAsync();
        await using (two)
        {
            await using var bob = await two.ConnectAsync("bob");
            await bob.JoinAsync("log:a");
            await ann.NextAsync("user_joined");
        }

        Assert.Equal("bob", (await ann.NextAsync("user_left")).Payload.GetProperty("user_id").GetString());
        Assert.Single(await one.Database.QueryAsync<string>("SELECT node FROM nodes WHERE lease_until > now()"));
    }

    [Fact]
    public async Task Lease_IsOver_MembersAreGoneAndTheNodeComesBackWithThem()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a");
        await bob.JoinAsync("log:a");
        await ann.NextAsync("user_joined");
        var before = await one.Database.QueryAsync<string>("SELECT node FROM nodes ORDER BY node");

        // Both have been silent for too long, as after a pause of the machine.
        await one.Database.ExecuteAsync("UPDATE nodes SET lease_until = now() - interval '1 second'");

        await Eventually.True(async () => (await one.Database.QueryAsync<string>("SELECT node FROM nodes ORDER BY node")) is { Count: 2 } now && !now.Intersect(before).Any(), what: "both are back under other names");
        await Eventually.True(() => one.Rooms.Members(Room)!.Count == 2 && two.Rooms.Members(Room)!.Count == 2, what: "everybody is there again");
        await Eventually.True(async () => await PresentAsync(one) == 2);
        Assert.DoesNotContain(ann.Log, static message => message.Type == "user_left");
    }

    [Fact]
    public async Task Node_ThatIsSilentForTooLong_IsListedNoMoreAndToldOfOnce()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var two = await one.AnotherAsync();
        await one.Database.ExecuteAsync("INSERT INTO nodes (node, name, lease_until) VALUES ('silent', 'host-1', now() - interval '1 second')");

        var store = one.Services.GetRequiredService<IClusterStore>();
        Assert.Equal([one.Rooms.NodeId, two.Rooms.NodeId], (await store.ListAsync(TestContext.Current.CancellationToken)).Select(static node => node.Node));
        await Eventually.True(async () => (await one.Database.QueryAsync<string>("SELECT node FROM nodes")).Count == 2, what: "somebody takes it out");
        await Eventually.True(() => one.Logs.Named("NodeGone").Count == 1 && two.Logs.Named("NodeGone").Count == 1, what: "both know");

        // The other may hear of it before the one that took it out has said so.
        await Eventually.True(() => Lost().Any(), what: "one says that it was lost");
        Assert.Equal("host-1", Assert.Single(Lost()).Properties["NodeName"]);

        IEnumerable<LogEvent> Lost() => one.Logs.Named("NodeLost").Concat(two.Logs.Named("NodeLost"));
    }

    /// <summary>One name that PostgreSQL does not keep must not keep all others from being written.</summary>
    [Fact]
    public async Task Write_NameThatIsNoText_IsKeptAsFarAsItIsOneAndSoAreTheOthers()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        var store = one.Services.GetRequiredService<IClusterStore>();
        var token = TestContext.Current.CancellationToken;
        await store.RenewAsync(new NodeReport("another", "another", 0), isNew: true, [], token);

        NodePresence[] there = [new("another", Room, "zero\0", "Z\0", 1, 1), new("another", Room, "half", "H\ud83d", 1, 2), new("another", Room, "ann", "ANN", 1, 3)];
        Assert.True(await store.WritePresenceAsync("another", there, token));
        var read = await store.ReadPresenceAsync([Room], token);
        Assert.True(await store.WritePresenceAsync("another", [.. there.Select(static presence => presence with { Devices = 0 })], token));

        Assert.Equal([("ann", "ANN"), ("half", "H\ufffd"), ("zero\ufffd", "Z\ufffd")], read.Select(static presence => (presence.UserId!, presence.Name!)).Order());
        Assert.Empty(await store.ReadPresenceAsync([Room], token));
    }

    private static async Task<int> PresentAsync(LogServer server) => (await server.Database.QueryAsync<string>("SELECT room_id FROM node_presence")).Count;
}

/// <inheritdoc/>
public sealed class PostgresSharedPresenceTests() : SharedPresenceTests(BackplaneHome.Postgres);

/// <inheritdoc/>
public sealed class RabbitMqSharedPresenceTests() : SharedPresenceTests(BackplaneHome.RabbitMq);
