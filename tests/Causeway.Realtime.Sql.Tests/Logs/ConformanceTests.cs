namespace Causeway.Realtime.Sql.Tests;

/// <summary>D7: what every room's log does, wherever it is kept.</summary>
public sealed class ConformanceTests
{
    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Publish_OneAfterTheOther_OffsetsCountFromOne(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await using var client = await server.ConnectAsync();
        var joined = (await client.JoinAsync("log:a")).Payload;

        var acks = new List<LiveMessage>();
        for (var n = 1; n <= 20; n++)
        {
            acks.Add(await client.PublishAsync("log:a", new JsonObject { ["n"] = n }));
        }

        Assert.Equal(0, joined.GetProperty("offset").GetInt64());
        Assert.Equal(Enumerable.Range(1, 20).Select(static n => (long)n), acks.Select(static ack => ack.Payload.GetProperty("offset").GetInt64()));
        Assert.All(acks, ack => Assert.Equal(joined.GetProperty("epoch").GetString(), ack.Payload.GetProperty("epoch").GetString()));
        for (var n = 1; n <= 20; n++)
        {
            var heard = await client.NextAsync("chat");
            Assert.Equal((n, (long?)n, acks[n - 1].Payload.GetProperty("id").GetString()), (heard.Payload.GetProperty("n").GetInt32(), heard.Offset, heard.Id));
            Assert.Equal(client.ConnectionId, heard.Json.GetProperty("from").GetProperty("connection_id").GetString());
        }

        server.Logs.AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Publish_EightAtOnceInThreeRooms_EveryMemberHearsTheLogInItsOrder(LogHome home)
    {
        const int Publishers = 8;
        const int Each = 60;
        string[] rooms = ["log:a", "log:b", "log:c"];
        await using var server = await LogServer.StartAsync(home);
        await using var member = await server.ConnectAsync();
        foreach (var room in rooms)
        {
            await member.JoinAsync(room);
        }

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                await server.PublishAsync(rooms[i % rooms.Length], (publisher * Each) + i);
            }
        })));

        var heard = new Dictionary<string, List<(long, int)>>();
        for (var i = 0; i < Publishers * Each; i++)
        {
            var message = await member.NextAsync("chat");
            (heard.TryGetValue(message.RoomId!, out var list) ? list : heard[message.RoomId!] = []).Add((message.Offset!.Value, message.Payload.GetProperty("n").GetInt32()));
        }

        foreach (var room in rooms)
        {
            var log = await server.LogAsync(room);
            Assert.Equal(Publishers * Each / rooms.Length, log.Count);
            Assert.Equal(Enumerable.Range(1, log.Count).Select(static n => (long)n), log.Select(static entry => entry.Offset));
            Assert.Equal(log, heard[room]);
            foreach (var ofOne in log.GroupBy(static entry => entry.N / Each))
            {
                Assert.Equal(ofOne.Select(static entry => entry.N).Order(), ofOne.Select(static entry => entry.N));
            }
        }
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Publish_ManyWithoutWaiting_KeepTheOrderInWhichTheyWereBegun(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await server.PublishAsync("log:a", 0);

        var results = await Task.WhenAll(Enumerable.Range(1, 300).Select(n => server.TryPublishAsync("log:a", n).AsTask()).ToList());

        Assert.Equal(Enumerable.Range(2, 300).Select(static n => (long?)n), results.Select(static result => result.Offset));
        Assert.Equal(Enumerable.Range(0, 301), (await server.LogAsync("log:a")).Select(static entry => entry.N));
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Join_WithAPosition_GetsExactlyWhatCameAfterIt(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var epoch = "";
        for (var n = 1; n <= 150; n++)
        {
            epoch = (await server.PublishAsync("log:a", n)).Epoch!;
        }

        await using var client = await server.ConnectAsync();
        var ack = (await client.JoinAsync("log:a", (epoch, 40))).Payload;

        Assert.True(ack.GetProperty("recovered").GetBoolean());
        Assert.Equal(110, ack.GetProperty("replayed").GetInt64());
        for (var n = 41; n <= 150; n++)
        {
            Assert.Equal(n, (await client.NextAsync("chat")).Offset);
        }
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Join_PositionThatIsNotInTheLog_StartsOver(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var epoch = "";
        for (var n = 1; n <= 10; n++)
        {
            epoch = (await server.PublishAsync("short:a", n)).Epoch!;
        }

        foreach (var (since, recovered) in new[] { ((epoch, 4L), false), ((epoch, 5L), true), ((epoch, 11L), false), (("other", 9L), false) })
        {
            await using var client = await server.ConnectAsync();
            var ack = (await client.JoinAsync("short:a", since, history: 2)).Payload;
            Assert.Equal((recovered, recovered ? 5 : 2), (ack.GetProperty("recovered").GetBoolean(), ack.GetProperty("replayed").GetInt64()));
        }
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task History_Bounds_AreExclusive(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        for (var n = 1; n <= 20; n++)
        {
            await server.PublishAsync("log:a", n);
        }

        Assert.Equal(Range(16, 20), await ReadAsync(null, null, 5));
        Assert.Equal(Range(11, 15), await ReadAsync(10, null, 5));
        Assert.Equal(Range(5, 9), await ReadAsync(null, 10, 5));
        Assert.Equal(Range(4, 6), await ReadAsync(3, 7, 100));
        Assert.Empty(await ReadAsync(20, null, 5));
        Assert.Null(await server.Rooms.HistoryAsync(RoomId.Parse("log:none"), null, null, 5));

        async Task<IEnumerable<long>> ReadAsync(long? after, long? before, int limit) =>
            (await server.Rooms.HistoryAsync(RoomId.Parse("log:a"), after, before, limit))!.Select(static message => message.Offset);

        static IEnumerable<long> Range(int first, int last) => Enumerable.Range(first, last - first + 1).Select(static n => (long)n);
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Log_OverItsCountOrAge_LosesTheOldest(LogHome home)
    {
        var time = new ManualTime();
        await using var server = await LogServer.StartAsync(home, time);
        for (var n = 1; n <= 8; n++)
        {
            await server.PublishAsync("short:a", n);
            await server.PublishAsync("brief:a", n);
            time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([4, 5, 6, 7, 8], (await server.LogAsync("short:a")).Select(static entry => entry.N));
        Assert.Equal([3, 4, 5, 6, 7, 8], (await server.LogAsync("brief:a")).Select(static entry => entry.N));
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Empty(await server.LogAsync("brief:a"));
        if (home != LogHome.Memory)
        {
            // One in memory may be forgotten once it is empty.
            Assert.Equal(9, (await server.PublishAsync("brief:a", 9)).Offset);
        }
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Delete_Room_TellsItsMembersAndStartsAnew(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");
        var before = await server.PublishAsync("log:a", 1);

        Assert.True(await server.Rooms.DeleteAsync(RoomId.Parse("log:a"), "over"));
        Assert.False(await server.Rooms.DeleteAsync(RoomId.Parse("log:a"), "over"));

        Assert.Equal("over", (await client.NextAsync("room_closed")).Payload.GetProperty("reason").GetString());
        Assert.Null(await server.Rooms.HistoryAsync(RoomId.Parse("log:a"), null, null, 5));
        var ack = (await client.JoinAsync("log:a", (before.Epoch!, 1))).Payload;
        Assert.False(ack.GetProperty("recovered").GetBoolean());
        Assert.NotEqual(before.Epoch, ack.GetProperty("epoch").GetString());
        Assert.Equal(1, (await server.PublishAsync("log:a", 2)).Offset);
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Publish_FromAHandlerAndWithoutEcho_IsAcknowledgedAndNotHeard(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await using var quiet = await server.ConnectAsync();
        await using var other = await server.ConnectAsync();
        await quiet.JoinAsync("log:a", echo: false);
        await other.JoinAsync("log:a");

        var first = await quiet.RequestAsync("note", new JsonObject { ["n"] = 1 }, "log:a");
        var second = await quiet.PublishAsync("log:a", new JsonObject { ["n"] = 2 });
        await server.PublishAsync("log:a", 3);

        Assert.Equal((1, 2), (first.Payload.GetProperty("offset").GetInt64(), second.Payload.GetProperty("offset").GetInt64()));
        Assert.Equal(["note", "chat", "chat"], [(await NextOfferedAsync(other)).Type, (await NextOfferedAsync(other)).Type, (await NextOfferedAsync(other)).Type]);
        Assert.Equal(3, (await NextOfferedAsync(quiet)).Offset);
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Typing_InARoomWithALog_HasNoPosition(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a");

        await client.RequestAsync("typing", new JsonObject { ["is_typing"] = true }, "log:a");
        await client.PublishAsync("log:a", []);

        Assert.Null((await client.NextAsync("typing")).Offset);
        Assert.Equal(1, (await client.NextAsync("chat")).Offset);
        Assert.Single((await server.Rooms.HistoryAsync(RoomId.Parse("log:a"), null, null, 5))!);
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Stream_OfTwoRooms_ResumesBoth(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        using (var stream = await server.StreamAsync("room=log:a&room=log:b"))
        {
            await stream.ReadAsync("connected");
            await server.PublishAsync("log:a", 1);
            await server.PublishAsync("log:b", 2);
            var cursor = (await stream.ReadAsync("chat")).Id == null ? null : (await stream.ReadAsync("chat")).Id;
            await server.PublishAsync("log:b", 3);
            await server.PublishAsync("log:a", 4);

            using var again = await server.StreamAsync("room=log:a&room=log:b", cursor);
            await again.ReadAsync("connected");
            var missed = new[] { (await again.ReadAsync("chat")).Message, (await again.ReadAsync("chat")).Message };
            Assert.Equal([("log:a", 2L), ("log:b", 2L)], missed.Select(static message => (message.RoomId!, message.Offset!.Value)).Order());
        }
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Info_OfARoom_SaysWhereItsLogStands(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var published = await server.PublishAsync("log:a", 1);

        var info = await server.Rooms.FindAsync(RoomId.Parse("log:a"));

        Assert.Equal((published.Epoch, 1L, 1, home != LogHome.Memory), (info!.Epoch, info.Offset, info.HistoryCount, info.Durable));
        Assert.Null(await server.Rooms.FindAsync(RoomId.Parse("log:none")));
    }

    [Theory]
    [MemberData(nameof(LogHomes.All), MemberType = typeof(LogHomes))]
    public async Task Publish_StrangeTexts_ComeBackAsTheyWere(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        var options = new PublishOptions { ConflateKey = "a\0ß\ud83d\ude80", From = new MessageSender("ann\0", "Ä\"n\\n", null) };
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { text = "\0 \u2028 ' -- ; \ud83d\ude80" });

        Assert.Null((await server.Rooms.PublishAsync(RoomId.Parse("log:a"), "odd.type:x", payload, options)).Error);
        await server.RestartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("log:a", history: 5);

        if (home != LogHome.Memory)
        {
            var message = await client.NextAsync("odd.type:x");
            Assert.Equal("\0 \u2028 ' -- ; \ud83d\ude80", message.Payload.GetProperty("text").GetString());
            Assert.Equal(("ann\0", "Ä\"n\\n"), (message.Json.GetProperty("from").GetProperty("user_id").GetString(), message.Json.GetProperty("from").GetProperty("name").GetString()));
        }
    }

    private static async Task<LiveMessage> NextOfferedAsync(LiveClient client)
    {
        while (true)
        {
            if (await client.NextAsync() is { Type: "chat" or "note" } message)
            {
                return message;
            }
        }
    }
}
