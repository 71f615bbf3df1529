using System.Globalization;

namespace Causeway.Realtime.Sql.Tests;

/// <summary>D7: what was acknowledged outlives the process, at its place.</summary>
public sealed class RestartTests
{
    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Restart_Room_GoesOnWhereItWas(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var epoch = "";
        for (var n = 1; n <= 120; n++)
        {
            epoch = (await server.PublishAsync("log:a", n)).Epoch!;
        }

        var before = await JsonOfAsync(server);
        await server.RestartAsync();
        await using var client = await server.ConnectAsync();
        var ack = (await client.JoinAsync("log:a", (epoch, 100))).Payload;

        Assert.Equal((true, 20, 120, epoch), (ack.GetProperty("recovered").GetBoolean(), ack.GetProperty("replayed").GetInt64(), ack.GetProperty("offset").GetInt64(), ack.GetProperty("epoch").GetString()));
        for (var n = 101; n <= 120; n++)
        {
            Assert.Equal(n, (await client.NextAsync("chat")).Offset);
        }

        // To the byte: an id, a time or a sender that changed would be another message.
        Assert.Equal(before, await JsonOfAsync(server));
        Assert.Equal((121, epoch), ((await server.PublishAsync("log:a", 121)).Offset, epoch));

        static async Task<List<string>> JsonOfAsync(LogServer server) =>
            [.. (await server.Rooms.HistoryAsync(RoomId.Parse("log:a"), null, null, 100))!.Select(static message => System.Text.Encoding.UTF8.GetString(message.Json.Span))];
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Restart_Stream_ResumesByItsCursor(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await server.PublishAsync("log:a", 1);
        string? cursor;
        using (var stream = await server.StreamAsync("room=log:a"))
        {
            cursor = (await stream.ReadAsync("connected")).Id;
        }

        await server.PublishAsync("log:a", 2);
        await server.RestartAsync();
        using var again = await server.StreamAsync("room=log:a", cursor);

        Assert.Equal(2, (await again.ReadAsync("chat")).Message.Offset);
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Restart_EmptyRoom_KeepsItsEpoch(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await using var client = await server.ConnectAsync();
        var epoch = (await client.JoinAsync("log:a")).Payload.GetProperty("epoch").GetString()!;
        await server.RestartAsync();
        await using var again = await server.ConnectAsync();

        var ack = (await again.JoinAsync("log:a", (epoch, 0))).Payload;

        Assert.Equal((true, epoch), (ack.GetProperty("recovered").GetBoolean(), ack.GetProperty("epoch").GetString()));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Restart_RoomThatNobodyHasOpen_IsFoundReadAndDeleted(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var published = await server.PublishAsync("log:a", 1);
        await server.RestartAsync();

        Assert.Null(server.Rooms.Find(RoomId.Parse("log:a")));
        Assert.Equal((published.Epoch, 1), ((await server.Rooms.FindAsync(RoomId.Parse("log:a")))!.Epoch, (await server.LogAsync("log:a"))[0].N));
        await server.RestartAsync();
        Assert.True(await server.Rooms.DeleteAsync(RoomId.Parse("log:a"), "over"));
        Assert.NotEqual(published.Epoch, (await server.PublishAsync("log:a", 2)).Epoch);
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Restart_AllTooOld_PositionsGoOn(LogHome home)
    {
        var time = new ManualTime();
        await using var server = await LogServer.StartAsync(home, time);
        var before = await server.PublishAsync("brief:a", 1);
        time.Advance(TimeSpan.FromMinutes(2));
        await server.RestartAsync();

        var after = await server.PublishAsync("brief:a", 2);

        Assert.Equal((2, before.Epoch), (after.Offset, after.Epoch));
        Assert.Equal([(2L, 2)], await server.LogAsync("brief:a"));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Idle_Room_LeavesMemoryAndComesBackAsItWas(LogHome home)
    {
        var time = new ManualTime();
        await using var server = await LogServer.StartAsync(home, time);
        var published = await server.PublishAsync("log:a", 1);
        Assert.NotNull(server.Rooms.Find(RoomId.Parse("log:a")));

        // The publisher is told before the writer lets go of the room: its minute may begin later.
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return server.Rooms.Count == 0;
        });
        var again = await server.PublishAsync("log:a", 2);
        Assert.Equal((2, published.Epoch), (again.Offset, again.Epoch));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Key_UsedAgain_PublishesNothingAndAnswersTheSame(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var options = new PublishOptions { IdempotencyKey = "order 7" };

        var atOnce = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.TryPublishAsync("log:a", 1, options).AsTask()).ToList());
        await server.RestartAsync();
        var later = await server.PublishAsync("log:a", 1, options);
        var elsewhere = await server.PublishAsync("log:b", 1, options);
        var misused = await server.TryPublishAsync("log:a", 2, options);

        Assert.All(atOnce, result => Assert.Equal((later.Id, 1L, later.Epoch), (result.Id, result.Offset, result.Epoch)));
        Assert.NotEqual(later.Id, elsewhere.Id);
        Assert.Equal("VALIDATION_ERROR", misused.Error!.Code.Name);
        Assert.Equal([(1L, 1)], await server.LogAsync("log:a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ümlaut")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x")]
    public async Task Key_ThatIsNone_Refused(string key)
    {
        await using var server = await LogServer.StartAsync(LogHome.Sqlite);

        Assert.Equal("VALIDATION_ERROR", (await server.TryPublishAsync("log:a", 1, new PublishOptions { IdempotencyKey = key })).Error!.Code.Name);
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Key_AfterADay_IsForgotten(LogHome home)
    {
        var time = new ManualTime();
        await using var server = await LogServer.StartAsync(home, time);
        var options = new PublishOptions { IdempotencyKey = "k" };
        var first = await server.PublishAsync("log:a", 1, options);
        time.Advance(TimeSpan.FromHours(25));

        Assert.NotEqual(first.Id, (await server.PublishAsync("log:a", 1, options)).Id);
        time.Advance(TimeSpan.FromHours(25));
        await server.Upkeep.ForgetAsync();
        Assert.Equal(0, await server.Database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM room_publish_keys"));
    }

    [Fact]
    public async Task Nodes_TwoOnOneDatabase_FillEachOthersGaps()
    {
        await using var one = await LogServer.StartAsync(LogHome.Postgres);
        await using var other = await one.AnotherAsync();
        await using var member = await one.ConnectAsync();
        await member.JoinAsync("log:a");
        await one.PublishAsync("log:a", 1);
        await other.PublishAsync("log:a", 2);
        await other.PublishAsync("log:a", 3);

        Assert.Equal(4, (await one.PublishAsync("log:a", 4)).Offset);

        for (var n = 1; n <= 4; n++)
        {
            Assert.Equal((long?)n, (await member.NextAsync("chat")).Offset);
        }

        await Task.WhenAll(Enumerable.Range(5, 200).Select(n => Task.Run(() => (n % 2 == 0 ? one : other).PublishAsync(n % 3 == 0 ? "log:a" : "log:b", n))));
        await one.PublishAsync("log:a", 1_000);
        var log = await one.LogAsync("log:a");
        Assert.Equal(Enumerable.Range(1, log.Count).Select(static n => (long)n), log.Select(static entry => entry.Offset));
        for (var n = 5; n <= log.Count; n++)
        {
            Assert.Equal(log[n - 1], await NextAsync(member));
        }

        static async Task<(long, int)> NextAsync(LiveClient client) =>
            await client.NextAsync("chat") is var message ? (message.Offset!.Value, int.Parse(message.Payload.GetProperty("n").GetRawText(), CultureInfo.InvariantCulture)) : default;
    }

    [Fact]
    public async Task Nodes_RoomDeletedOnAnother_IsClosedHereWithTheNextPublish()
    {
        await using var one = await LogServer.StartAsync(LogHome.Postgres);
        await using var other = await one.AnotherAsync();
        await using var member = await one.ConnectAsync();
        await member.JoinAsync("log:a");
        var before = await one.PublishAsync("log:a", 1);
        Assert.True(await other.Rooms.DeleteAsync(RoomId.Parse("log:a"), "over"));

        var after = await one.PublishAsync("log:a", 2);

        await member.NextAsync("room_closed");
        Assert.Equal(1, after.Offset);
        Assert.NotEqual(before.Epoch, after.Epoch);
    }
}
