namespace Causeway.Realtime.Sql.Tests;

/// <summary>D7: what is published within a transaction is sent when that is committed, once, and else not at all.</summary>
public sealed class OutboxTests
{
    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Publish_Committed_IsSentInOrder(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        var sender = new MessageSender("ann", "Ann", null);

        await server.Database.WriteAsync(async (unit, token) =>
        {
            for (var n = 1; n <= 20; n++)
            {
                await Outbox(server).PublishAsync(unit, RoomId.Parse("log:a"), "chat", Payload(n), new PublishOptions { From = sender }, token);
            }
        });

        for (var n = 1; n <= 20; n++)
        {
            var message = await client.NextAsync("chat");
            Assert.Equal(((long?)n, n, "ann"), (message.Offset, message.Payload.GetProperty("n").GetInt32(), message.Json.GetProperty("from").GetProperty("user_id").GetString()));
        }

        await Outbox(server).Sending.Within();
        Assert.Equal(0, await LeftAsync(server));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Publish_RolledBack_SendsNothing(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => server.Database.WriteAsync(async (unit, token) =>
        {
            await Outbox(server).PublishAsync(unit, RoomId.Parse("log:a"), "chat", Payload(1), null, token);
            throw new TimeZoneNotFoundException();
        }));

        Assert.Equal(0, await Outbox(server).SendAsync());
        Assert.Equal(1, (await server.PublishAsync("log:a", 2)).Offset);
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Publish_ProcessEndsBeforeItIsSent_IsSentAfterTheStart(LogHome home)
    {
        FaultyLogs logs = null!;
        await using var server = await LogServer.StartAsync(home, wrap: store => logs = new FaultyLogs(store));
        await server.PublishAsync("log:a", 0);
        for (var n = 0; n < 3; n++)
        {
            logs.Faults.Enqueue(Fault.Refused);
        }

        await AddAsync(server, 1);
        await Outbox(server).Sending.Within();
        await AddAsync(server, 2);
        await Outbox(server).Sending.Within();
        Assert.Equal(2, await LeftAsync(server));
        await server.RestartAsync();

        Assert.Equal(2, await Outbox(server).SendAsync());

        Assert.Equal([(1L, 0), (2L, 1), (3L, 2)], await server.LogAsync("log:a"));
        Assert.Equal(0, await LeftAsync(server));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Send_RowThatWasSentBefore_IsNotPublishedAgain(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await AddAsync(server, 1);
        await Eventually.True(async () => await LeftAsync(server) == 0);

        // As if the process had ended between the two commits: the message is in the log, its row is still there.
        var key = await server.Database.QuerySingleOrDefaultAsync<string>("SELECT key FROM room_publish_keys");
        await server.Database.ExecuteAsync(
            "INSERT INTO room_outbox (key, room_id, type, ephemeral, payload) VALUES (@key, 'log:a', 'chat', FALSE, @payload)", new { key, payload = Payload(1) });
        await server.RestartAsync();

        Assert.Equal(1, await Outbox(server).SendAsync());

        Assert.Equal([(1L, 1)], await server.LogAsync("log:a"));
        Assert.Equal(0, await LeftAsync(server));
    }

    [Fact]
    public async Task Send_OnTwoNodesAtOnce_EachMessageIsSentByOneOfThem()
    {
        await using var first = await LogServer.StartAsync(LogHome.Postgres);
        await using var second = await first.AnotherAsync();
        await first.Database.ExecuteAsync(
            "INSERT INTO room_outbox (key, room_id, type, ephemeral, payload) SELECT 'k' || n, 'nolog:' || n % 5, 'chat', n % 2 = 0, @payload FROM generate_series(1, 2000) n", new { payload = Payload(1) });

        var sent = await Task.WhenAll(Outbox(first).SendAsync(), Outbox(second).SendAsync()).Within();

        Assert.Equal(2_000, sent.Sum());
        Assert.Equal(0, await LeftAsync(first));
    }

    [Fact]
    public async Task Send_RoomInMemoryAndRoomThatRefuses_EachToItsOwn()
    {
        FaultyLogs logs = null!;
        await using var server = await LogServer.StartAsync(LogHome.Sqlite, wrap: store => logs = new FaultyLogs(store));
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("memory");
        await server.PublishAsync("log:a", 0);
        logs.Faults.Enqueue(Fault.Refused);

        await server.Database.WriteAsync(async (unit, token) =>
        {
            foreach (var room in new[] { "log:a", "memory", "log:a" })
            {
                await Outbox(server).PublishAsync(unit, RoomId.Parse(room), "chat", Payload(1), null, token);
            }
        });

        await client.NextAsync("chat");
        await Outbox(server).Sending.Within();
        Assert.Equal(2, await LeftAsync(server));
        Assert.Equal(2, await Outbox(server).SendAsync());
        Assert.Equal(3, (await server.LogAsync("log:a")).Count);
    }

    [Theory]
    [InlineData("ack", "{}")]
    [InlineData("Bad Type", "{}")]
    [InlineData("chat", "[]")]
    public async Task Publish_MessageThatCantBe_ThrowsAndLeavesTheTransaction(string type, string payload)
    {
        await using var server = await LogServer.StartAsync(LogHome.Sqlite);
        await server.Database.WriteAsync(async (unit, token) =>
        {
            await Assert.ThrowsAsync<ArgumentException>(() =>
                Outbox(server).PublishAsync(unit, RoomId.Parse("log:a"), type, System.Text.Encoding.UTF8.GetBytes(payload), null, token));
            await Outbox(server).PublishAsync(unit, RoomId.Parse("log:a"), "chat", Payload(1), null, token);
        });

        await Eventually.True(async () => await LeftAsync(server) == 0);
        Assert.Single(await server.LogAsync("log:a"));
    }

    private static RoomOutbox Outbox(LogServer server) => server.Services.GetRequiredService<RoomOutbox>();

    private static Task AddAsync(LogServer server, int n) => server.Database.WriteAsync((unit, token) =>
        Outbox(server).PublishAsync(unit, RoomId.Parse("log:a"), "chat", Payload(n), null, token));

    private static Task<long> LeftAsync(LogServer server) => server.Database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM room_outbox");

    private static byte[] Payload(int n) => JsonSerializer.SerializeToUtf8Bytes(new { n });
}
