namespace Causeway.Realtime.Sql.Tests;

/// <summary>D12: a node that is cut off from the others, with or without a word, ends with the same log as they, and they with its.</summary>
public abstract class CutLineTests(BackplaneHome home)
{
    private static readonly RoomId Room = RoomId.Parse("log:a");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Line_IsCut_BothSidesCatchUp(bool isSilent)
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var line = await one.Lines.LineAsync();
        await using var two = await one.AnotherAsync(await one.Lines.OverAsync(line));
        await using var ann = await one.ConnectAsync("ann");
        await using var bob = await two.ConnectAsync("bob");
        await ann.JoinAsync("log:a");
        await bob.JoinAsync("log:a");
        await one.PublishAsync("log:a", 0);
        await HeardAsync(ann, 0);
        await HeardAsync(bob, 0);

        line.Stall();
        if (!isSilent)
        {
            line.Reset();
        }

        await one.PublishAsync("log:a", 1);
        if (home == BackplaneHome.RabbitMq)
        {
            // Its database is there: what it stores meanwhile, the others are told later.
            await two.PublishAsync("log:a", 2);
        }

        await Eventually.True(() => !two.Rooms.IsInTouch, what: "the node knows");
        await one.PublishAsync("log:a", 3);
        int[] expected = home == BackplaneHome.RabbitMq ? [0, 1, 2, 3] : [0, 1, 3];
        if (home == BackplaneHome.RabbitMq)
        {
            // It finds in the log what it does not hear of.
            await HeardAsync(bob, expected);
        }

        line.Pass();
        await HeardAsync(ann, expected);
        await HeardAsync(bob, expected);
        await two.InTouchAsync();
        await Eventually.True(async () => (await two.TryPublishAsync("log:a", 4)).Error is null, what: "it publishes again");
        await HeardAsync(ann, [.. expected, 4]);
        await HeardAsync(bob, [.. expected, 4]);
    }

    [Fact]
    public async Task Notification_IsLostWhereTheSenderIsCutOff_TheOthersAreToldLater()
    {
        await using var one = await LogServer.StartNodeAsync(home);
        await using var line = await one.Lines.LineAsync();
        await using var two = await one.AnotherAsync(await one.Lines.OverAsync(line));
        await using var ann = await one.ConnectAsync("ann");
        await ann.JoinAsync("log:a");
        await ann.JoinAsync("nolog:a");

        line.Stall();
        line.Reset();
        await Eventually.True(() => !two.Rooms.IsInTouch, what: "the node knows");

        // As if this node had stored it, and could tell nobody.
        await two.TryPublishAsync("nolog:a", 5);
        await StoreAsync(one, 6);
        two.Services.GetRequiredService<IBackplane>().Send(Room, new byte[] { 1 });
        line.Pass();

        await HeardAsync(ann, 6);
        Assert.DoesNotContain(ann.Log, static message => message.RoomId == "nolog:a" && message.Type == "chat");
    }

    private static async Task StoreAsync(LogServer server, int n)
    {
        var message = new RoomLogMessage { Offset = 0, Id = Guid.CreateVersion7(), Type = "chat", SentAt = TimeProvider.System.GetUtcNow(), Payload = JsonSerializer.SerializeToUtf8Bytes(new { n }) };
        var append = new RoomLogAppend(Room, server.Rooms.Find(Room)!.Epoch!, new RoomLogLimits(1_000, TimeSpan.FromHours(1), Durable: true), message);
        Assert.Equal(RoomLogAppendStatus.Appended, Assert.Single(await server.Services.GetRequiredService<SqlRoomLogs>().AppendAsync([append], CancellationToken.None)).Status);
    }

    private static Task HeardAsync(LiveClient client, params int[] numbers) => Eventually.True(
        () => client.Log.Where(static message => message.Type == "chat" && message.RoomId == "log:a").Select(static message => message.Payload.GetProperty("n").GetInt32()).SequenceEqual(numbers),
        what: $"heard are {string.Join(' ', numbers)}");
}

/// <inheritdoc/>
public sealed class PostgresCutLineTests() : CutLineTests(BackplaneHome.Postgres)
{
    [Fact]
    public async Task Database_IsAwayForLong_EachThingThatFailsIsSaidOnce()
    {
        LogServer.NeedPostgres();
        await using var postgres = await PostgresServer.StartAsync();
        await using var node = await LogServer.StartNodeAsync(BackplaneHome.Postgres, postgres);
        await using var ann = await node.ConnectAsync("ann");
        await ann.JoinAsync("log:a");

        // Before its tables were made it had none either.
        var before = (Read: Count("NotResynchronised"), StillRead: Count("StillNotResynchronised"), Lease: Count("LeaseNotRenewed"), StillLease: Count("LeaseStillNotRenewed"));
        await postgres.StopAsync();

        await Eventually.True(() => Count("StillNotResynchronised") > before.StillRead + 1 && Count("LeaseStillNotRenewed") > before.StillLease + 1, what: "both were tried several times");
        Assert.Equal((before.Read + 1, before.Lease + 1), (Count("NotResynchronised"), Count("LeaseNotRenewed")));

        await postgres.StartAgainAsync();
        await node.InTouchAsync();

        int Count(string name) => node.Logs.Named(name).Count;
    }
}

/// <inheritdoc/>
public sealed class RabbitMqCutLineTests() : CutLineTests(BackplaneHome.RabbitMq);
