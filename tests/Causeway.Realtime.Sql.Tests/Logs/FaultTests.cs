using Causeway.Http;

namespace Causeway.Realtime.Sql.Tests;

/// <summary>A7, D7: a store that fails refuses, and nothing else: no position is used, nothing comes twice, and all goes on when it is back.</summary>
public sealed class FaultTests
{
    private FaultyLogs _logs = null!;

    [Theory]
    [InlineData(Fault.Refused)]
    [InlineData(Fault.Broken)]
    [InlineData(Fault.CutOffBeforeTheCommit)]
    public async Task Append_NotStored_RefusedAndUsesNoPosition(object fault)
    {
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        await server.PublishAsync("log:a", 1);
        _logs.Faults.Enqueue((Fault)fault);

        var refused = await client.RequestAsync("chat", new JsonObject { ["n"] = 2 }, "log:a");
        var next = await client.PublishAsync("log:a", new JsonObject { ["n"] = 3 });

        Assert.Equal("UNAVAILABLE", refused.ErrorCode);
        Assert.Equal(1_000, refused.Payload.GetProperty("details").GetProperty("retry_after_ms").GetInt32());
        Assert.Equal(2, next.Payload.GetProperty("offset").GetInt64());
        Assert.Equal([(1L, 1), (2L, 3)], await server.LogAsync("log:a"));
        Assert.Equal([1, 3], await NextAsync(client, 2));
    }

    [Fact]
    public async Task Append_CutOffAfterTheCommit_IsPublishedOnce()
    {
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        await server.PublishAsync("log:a", 1);
        _logs.Faults.Enqueue(Fault.CutOffAfterTheCommit);

        Assert.Equal(2, (await server.PublishAsync("log:a", 2)).Offset);

        Assert.Equal(3, (await server.PublishAsync("log:a", 3)).Offset);
        Assert.Equal([1, 2, 3], await NextAsync(client, 3));
    }

    [Fact]
    public async Task Members_OfARoomThatCouldNotBeRead_AreNotSaidToBeNone()
    {
        await using var server = await StartAsync();
        _logs.IsAway = true;

        Assert.Equal(ErrorCode.Unavailable, (await server.TryPublishAsync("log:a", 1)).Error!.Code);
        Assert.Null(server.Rooms.Members(RoomId.Parse("log:a")));

        _logs.IsAway = false;
        await server.PublishAsync("log:a", 1);
        Assert.Empty(server.Rooms.Members(RoomId.Parse("log:a"))!);
    }

    [Fact]
    public async Task Append_InDoubtAndTakenByRetention_PublisherIsNotToldThatItWasNotStored()
    {
        await using var server = await StartAsync();
        await server.PublishAsync("short:a", 1);
        _logs.IsAway = true;
        _logs.Faults.Enqueue(Fault.CutOffAfterTheCommit);

        var publishing = server.TryPublishAsync("short:a", 2).AsTask();
        await Eventually.True(() => _logs.Appends == 2);
        var log = server.Services.GetRequiredService<SqlRoomLogs>();
        await Eventually.True(async () => (await log.PositionsAsync([RoomId.Parse("short:a")], default))[0].Newest == 2);
        var epoch = (await log.PositionsAsync([RoomId.Parse("short:a")], default))[0].Epoch;
        await log.AppendAsync([.. Enumerable.Range(3, 6).Select(n => MessageOf("short:a", epoch, n))], default);
        Assert.Equal(3, await server.Upkeep.TrimAsync());
        _logs.IsAway = false;

        Assert.Contains("may be there", (await publishing.Within()).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(9, (await server.PublishAsync("short:a", 9)).Offset);
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Confirm_Append_KnownUntilRetentionOrAnEndTakesIt(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await server.PublishAsync("short:a", 1);
        await server.PublishAsync("short:b", 1);
        var logs = server.Services.GetRequiredService<SqlRoomLogs>();
        var (a, b) = (await PositionAsync("short:a"), await PositionAsync("short:b"));
        RoomLogAppend[] messages = [MessageOf("short:a", a.Epoch, 2), MessageOf("short:b", b.Epoch, 2)];
        var stored = await logs.AppendAsync(messages, default);

        Assert.True(await logs.ConfirmAsync(stored, messages, default));
        Assert.False(await logs.ConfirmAsync([.. stored.Select(static one => one with { Offset = one.Offset + 1 })], messages, default));
        Assert.False(await logs.ConfirmAsync([.. stored.Select(static one => one with { Id = Guid.NewGuid() })], messages, default));

        // What has been taken of one room's log says nothing, and another room's is there.
        await logs.AppendAsync([.. Enumerable.Range(3, 6).Select(n => MessageOf("short:a", a.Epoch, n))], default);
        await server.Upkeep.TrimAsync();
        Assert.True(await logs.ConfirmAsync(stored, messages, default));
        Assert.Null(await logs.ConfirmAsync([stored[0]], [messages[0]], default));

        await server.Rooms.DeleteAsync(RoomId.Parse("short:b"), "over");
        Assert.Null(await logs.ConfirmAsync(stored, messages, default));

        async Task<RoomLogPosition> PositionAsync(string room) => (await logs.PositionsAsync([RoomId.Parse(room)], default))[0];
    }

    [Fact]
    public async Task Append_InDoubtForLong_PublisherIsToldAndMembersGetItAllTheSame()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        await server.PublishAsync("log:a", 1);
        _logs.IsAway = true;
        _logs.Faults.Enqueue(Fault.CutOffAfterTheCommit);

        var publishing = server.TryPublishAsync("log:a", 2).AsTask();
        await AdvanceUntilAsync(time, publishing);
        var newcomer = await server.TryPublishAsync("log:a", 3).AsTask().Within();
        _logs.IsAway = false;
        await AdvanceUntilAsync(time, Eventually.True(() => client.Log.Count(static message => message.Type == "chat") == 2));
        var last = await server.TryPublishAsync("log:a", 4).AsTask().Within();

        Assert.Contains("may be there", (await publishing).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was stored", newcomer.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(3, last.Offset);
        Assert.Equal([1, 2, 4], await NextAsync(client, 3));
    }

    [Fact]
    public async Task Gap_CantBeReadForLong_PublisherIsToldAndTheRestGoesOn()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(time);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        await server.PublishAsync("log:a", 1);
        var log = server.Services.GetRequiredService<SqlRoomLogs>();
        var epoch = (await log.PositionsAsync([RoomId.Parse("log:a")], default))[0].Epoch;
        await log.AppendAsync([MessageOf("log:a", epoch, 2)], default);
        _logs.IsAway = true;

        var publishing = server.TryPublishAsync("log:a", 3).AsTask();
        await Eventually.True(() => _logs.Appends == 2);
        var behind = server.TryPublishAsync("log:a", 4).AsTask();
        await Eventually.True(() => _logs.Appends == 3);
        await AdvanceUntilAsync(time, Task.WhenAll(publishing, behind));
        var newcomer = await server.TryPublishAsync("log:a", 5).AsTask().Within();
        _logs.IsAway = false;
        await AdvanceUntilAsync(time, Eventually.True(async () => (await server.TryPublishAsync("log:a", 6)).Published));

        Assert.Contains("may be there", (await publishing).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("may be there", (await behind).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was stored", newcomer.Error!.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 4, 6], await NextAsync(client, 5));
    }

    [Theory]
    [InlineData(Fault.Hangs)]
    [InlineData(Fault.HangsInTheCommit)]
    public async Task Append_Hangs_PublishersAreToldAndTheRestGoesOn(object fault)
    {
        var time = new ManualTime();
        var inCommit = (Fault)fault == Fault.HangsInTheCommit;
        await using var server = await StartAsync(time);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        var commit = new TaskCompletionSource();
        _logs.Faults.Enqueue((Fault)fault);
        _logs.Gate = inCommit ? commit.Task : Task.CompletedTask;

        var hanging = server.TryPublishAsync("log:a", 1).AsTask();
        await Eventually.True(() => _logs.Appends == 1);
        var queued = server.TryPublishAsync("log:a", 2).AsTask();
        await AdvanceUntilAsync(time, hanging);
        await client.RequestAsync("ping");
        await using (var other = await server.ConnectAsync())
        {
            await other.JoinAsync("log:a");
        }

        commit.SetResult();
        await Eventually.True(async () => (await server.TryPublishAsync("log:a", 3)).Published);

        // What hung in its commit was stored in the end; what waited behind it was not, and was told so.
        Assert.Equal("UNAVAILABLE", (await hanging).Error!.Code.Name);
        Assert.Equal(!inCommit, (await queued).Published);
        Assert.Equal([(1L, inCommit ? 1 : 2), (2L, 3)], await server.LogAsync("log:a"));
        Assert.Equal([inCommit ? 1 : 2, 3], await NextAsync(client, 2));
    }

    [Fact]
    public async Task Queue_Full_RefusesThatPublisherAlone()
    {
        await using var server = await StartAsync();
        await server.PublishAsync("log:a", 0);
        var gate = new TaskCompletionSource();
        _logs.Gate = gate.Task;

        var publishing = Enumerable.Range(1, 25_000).Select(n => server.TryPublishAsync("log:a", n).AsTask()).ToList();
        var refused = publishing.Count(static publish => publish.IsCompleted);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        gate.SetResult();
        var results = await Task.WhenAll(publishing).Within();

        Assert.InRange(refused, 3_000, 5_000);
        Assert.Equal(refused, results.Count(static result => result.Error?.Code.Name == "UNAVAILABLE"));
        Assert.Equal(25_001 - refused, (await server.Rooms.FindAsync(RoomId.Parse("log:a")))!.Offset);
        Assert.Equal(results.Where(static result => result.Published).Select(static result => result.Offset).Order(), results.Where(static result => result.Published).Select(static result => result.Offset));
    }

    [Fact]
    public async Task Open_StoreAway_RefusedAndWorksWhenItIsBack()
    {
        await using var server = await StartAsync();
        await server.PublishAsync("log:open", 1);
        _logs.IsAway = true;
        await using var client = await server.ConnectAsync();

        Assert.Equal("UNAVAILABLE", (await client.RequestAsync("join_room", new JsonObject { ["room_id"] = "log:a" })).ErrorCode);
        Assert.Equal("UNAVAILABLE", (await server.TryPublishAsync("log:a", 1)).Error!.Code.Name);
        using (var stream = await server.StreamAsync("room=log:a"))
        {
            Assert.Equal(503, stream.Head.Status);
        }

        await Assert.ThrowsAsync<RoomLogUnavailableException>(async () => await server.Rooms.HistoryAsync(RoomId.Parse("log:b"), null, null, 5));
        await Assert.ThrowsAsync<RoomLogUnavailableException>(() => server.Rooms.DeleteAsync(RoomId.Parse("log:open"), "over"));
        Assert.Equal(1, (await client.JoinAsync("log:open", history: 5)).Payload.GetProperty("replayed").GetInt64());

        _logs.IsAway = false;
        await client.JoinAsync("log:a");
        Assert.Equal(1, (await server.PublishAsync("log:a", 1)).Offset);
    }

    [Fact]
    public async Task Refused_ForLong_ClientsAreNotTakenForAbusers()
    {
        await using var server = await StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        for (var n = 0; n < 150; n++)
        {
            _logs.Faults.Enqueue(Fault.Refused);
        }

        for (var n = 0; n < 150; n++)
        {
            Assert.Equal("UNAVAILABLE", (await client.RequestAsync("chat", [], "log:a")).ErrorCode);
        }

        await client.PublishAsync("log:a", []);
        Assert.Single(server.Logs.Named("RoomLogUnavailable"));
        Assert.Single(server.Logs.Named("RoomLogIsBack"));
    }

    [Fact]
    public async Task Namespace_DurableWithoutAStore_DoesNotStart()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => TestServer.StartAsync(
            static app => app.MapRealtime(),
            static builder => builder.Services.AddRealtime(static options => options.Namespaces["kept"] = new NamespaceOptions { Durable = true })));

        Assert.Contains("'kept'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_StoppedAndStarted_RefusesThenGoesOn()
    {
        LogServer.NeedPostgres();
        await using var postgres = await PostgresServer.StartAsync();
        await using var server = await LogServer.StartAsync(LogHome.Postgres, postgres: postgres);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        using var stop = new CancellationTokenSource();
        var acknowledged = new List<int>();
        var refused = 0;
        var publishing = Task.Run(async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                var result = await server.TryPublishAsync("log:a", n);
                if (result.Published)
                {
                    lock (acknowledged)
                    {
                        acknowledged.Add(n);
                    }
                }
                else
                {
                    Interlocked.Increment(ref refused);
                }
            }
        });

        for (var round = 1; round <= 2; round++)
        {
            await Eventually.True(() => Count() >= 50 * round);
            await (round == 1 ? postgres.StopAsync() : postgres.KillAsync());
            var before = Volatile.Read(ref refused);
            await Eventually.True(() => Volatile.Read(ref refused) > before + 10);
            await using (var reader = await server.ConnectAsync())
            {
                Assert.True((await reader.JoinAsync("log:a", history: 10)).Payload.GetProperty("replayed").GetInt64() == 10);
            }

            await postgres.StartAgainAsync();
            var after = Count();
            await Eventually.True(() => Count() > after + 20);
        }

        await stop.CancelAsync();
        await publishing.Within();
        var log = await server.LogAsync("log:a");
        Assert.Equal(Enumerable.Range(1, log.Count).Select(static n => (long)n), log.Select(static entry => entry.Offset));
        Assert.Empty(acknowledged.Except(log.Select(static entry => entry.N)));
        Assert.Equal(log.Count, log.Select(static entry => entry.N).Distinct().Count());
        await Eventually.True(() => client.Log.Count(static message => message.Type == "chat") == log.Count);
        Assert.Equal(log.Select(static entry => (long?)entry.Offset), client.Log.Where(static message => message.Type == "chat").Select(static message => message.Offset));

        int Count()
        {
            lock (acknowledged)
            {
                return acknowledged.Count;
            }
        }
    }

    private Task<LogServer> StartAsync(TimeProvider? time = null) => LogServer.StartAsync(LogHome.Sqlite, time, wrap: store => _logs = new FaultyLogs(store));

    /// <summary>A message as another node would store it.</summary>
    private static RoomLogAppend MessageOf(string room, string epoch, int n) => new(RoomId.Parse(room), epoch, new RoomLogLimits(5, TimeSpan.FromHours(1)), new RoomLogMessage
    {
        Offset = 0,
        Id = Guid.CreateVersion7(),
        Type = "chat",
        SentAt = TimeProvider.System.GetUtcNow(),
        Payload = JsonSerializer.SerializeToUtf8Bytes(new { n }),
    });

    /// <summary>Lets time pass, in small steps, until something is done.</summary>
    private static Task AdvanceUntilAsync(ManualTime time, Task done) => Eventually.True(() =>
    {
        time.Advance(TimeSpan.FromMilliseconds(200));
        return done.IsCompleted;
    });

    private static async Task<List<int>> NextAsync(LiveClient client, int count)
    {
        var numbers = new List<int>();
        while (numbers.Count < count)
        {
            numbers.Add((await client.NextAsync("chat")).Payload.GetProperty("n").GetInt32());
        }

        return numbers;
    }
}
