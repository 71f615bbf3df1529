namespace Causeway.Realtime.Tests;

/// <summary>D6: readers that stop reading, over real sockets; the others never notice.</summary>
public sealed class SlowReaderTests
{
    private const int Many = 400;
    private const string Join = """{"type":"join_room","room_id":"ROOM"}""";

    private static readonly RawHandshake HidesLittle = new() { ReceiveBufferBytes = 4_096 };
    private static readonly string Padding = new('x', 4_000);

    [Fact]
    public async Task Disconnect_ReaderThatStops_GetsWholeFramesThen4008()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(SlowConsumerPolicy.Disconnect, time);
        await using var quick = await server.ConnectAsync();
        await quick.JoinAsync("ns:x");
        using var stuck = await StuckAsync(server, "ns:x");

        var heard = new List<LiveMessage>();
        await PublishUntilAsync(
            server, "ns:x", () => server.Connections.Statistics.SlowCloses == 1, heard: async () => heard.Add(await quick.NextAsync("chat")));
        var published = (int)server.Connections.Statistics.Published;

        // No time passes, so the close waits until the reader is ready for it.
        var offsets = new List<long>();
        WireClose? close = null;
        while (close is null && await stuck.ReadFrameAsync() is { } frame)
        {
            if (frame.Opcode is WireOpcode.Close)
            {
                close = await stuck.AnswerCloseAsync(frame);
            }
            else
            {
                offsets.Add(new LiveMessage(JsonElement.Parse(frame.Payload)).Offset!.Value);
            }
        }

        Assert.Equal(new WireClose(4008, "slow consumer"), close);
        Assert.Equal(Enumerable.Range(1, offsets.Count).Select(static n => (long)n), offsets);
        Assert.True(offsets.Count < published);
        Assert.Equal(Enumerable.Range(1, published), heard.Select(static message => (int)message.Offset!.Value));
        Assert.Equal(1, server.Rooms.Find(RoomId.Parse("ns:x"))!.SlowCloses);
        await Eventually.Equal(0, () => server.Connections.Statistics.BacklogBytes);
        Assert.Equal(1, server.Connections.Count);
        Assert.Equal("ns:x", (await server.Logs.WaitFor("SlowConsumerClosed")).Properties["RoomId"]);
    }

    [Fact]
    public async Task Disconnect_ReaderThatNeverComesBack_IsReset()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(SlowConsumerPolicy.Disconnect, time);
        using var stuck = await StuckAsync(server, "ns:x");
        await PublishUntilAsync(server, "ns:x", () => server.Connections.Statistics.SlowCloses == 1);

        // A close that can't be handed over within a second is no longer waited for.
        time.Advance(TimeSpan.FromSeconds(1.25));

        await Eventually.Equal(0, () => server.Connections.Statistics.BacklogBytes);
        Assert.Equal(WireClose.Broken, await stuck.ReadCloseAsync());
    }

    [Fact]
    public async Task DropOldest_ReaderThatStops_StaysAndIsToldWhatIsMissing()
    {
        await using var server = await StartAsync(SlowConsumerPolicy.DropOldest);
        await using var quick = await server.ConnectAsync();
        await quick.JoinAsync("ns:x");
        using var stuck = await StuckAsync(server, "ns:x");
        var id = server.Connections.List().Single(connection => connection.Id != quick.ConnectionId).Id;

        var heard = new List<LiveMessage>();
        await PublishUntilAsync(
            server, "ns:x", () => server.Connections.Statistics.Dropped > 50, heard: async () => heard.Add(await quick.NextAsync("chat")));
        var published = (int)server.Connections.Statistics.Published;
        Assert.Equal(Enumerable.Range(1, published), heard.Select(static message => (int)message.Offset!.Value));
        Assert.InRange(server.Connections.Find(id)!.BacklogBytes, 1, 32_768);
        var (got, dropped) = await ReadToAsync(stuck, published);

        // Each hole is named right before the message that follows it.
        var last = 0L;
        foreach (var (offset, notices) in got)
        {
            Assert.Equal(offset - last - 1, notices.Sum(static notice => notice.Number("count")));
            Assert.Equal(offset - last - 1 > 0 ? last + 1 : null, notices.FirstOrDefault()?.Number("from_offset"));
            Assert.Equal(offset - last - 1 > 0 ? offset - 1 : null, notices.LastOrDefault()?.Number("to_offset"));
            last = offset;
        }

        Assert.Equal(published, got.Count + dropped);
        Assert.Equal(dropped, server.Connections.Statistics.Dropped);
        Assert.Equal(dropped, server.Rooms.Find(RoomId.Parse("ns:x"))!.Dropped);
        Assert.Equal(dropped, server.Connections.Find(id)!.Dropped);
        Assert.Equal(0, server.Connections.Find(id)!.BacklogBytes);
        await server.PublishAsync("ns:x", 0);
        Assert.Contains($"\"offset\":{published + 1},", await stuck.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conflate_ReaderThatStops_GetsTheNewestOfEachKey()
    {
        await using var server = await StartAsync(SlowConsumerPolicy.Conflate);
        using var stuck = await StuckAsync(server, "ns:x");

        await PublishUntilAsync(server, "ns:x", () => server.Connections.Statistics.Dropped > 50, keys: 3);
        var published = (int)server.Connections.Statistics.Published;
        var (got, dropped) = await ReadToAsync(stuck, published);

        Assert.Equal(published, got.Count + dropped);
        Assert.Equal(got.Select(static pair => pair.Offset).Order(), got.Select(static pair => pair.Offset));
        Assert.Equal([published - 2, published - 1, published], got.TakeLast(3).Select(static pair => (int)pair.Offset));
        Assert.Equal(0, server.Connections.Statistics.SlowCloses);
    }

    [Fact]
    public async Task Conflate_MoreKeysThanFit_ClosesWith4008()
    {
        await using var server = await StartAsync(SlowConsumerPolicy.Conflate);
        using var stuck = await StuckAsync(server, "ns:x");

        await PublishUntilAsync(server, "ns:x", () => server.Connections.Statistics.SlowCloses == 1, keys: 1_000);

        Assert.Contains((await stuck.ReadCloseAsync()).Code, new[] { 4008, 1006 });
    }

    [Fact]
    public async Task Replay_FarLargerThanTheBacklog_ArrivesWhole()
    {
        await using var server = await StartAsync(SlowConsumerPolicy.Disconnect);
        for (var n = 1; n <= Many; n++)
        {
            await PublishAsync(server, "ns:x", n);
        }

        using var socket = await server.ConnectRawAsync(HidesLittle);
        await socket.SendTextAsync("""{"type":"join_room","room_id":"ns:x","payload":{"history":1000}}""");
        Assert.Equal(Many, new LiveMessage(JsonElement.Parse((await socket.ReadTextAsync())!)).Number("replayed"));
        for (var n = 1; n <= 10; n++)
        {
            await PublishAsync(server, "ns:x", Many + n);
        }

        for (var offset = 1; offset <= Many + 10; offset++)
        {
            Assert.Equal(offset, new LiveMessage(JsonElement.Parse((await socket.ReadTextAsync())!)).Offset);
        }

        Assert.Equal(0, server.Connections.Statistics.SlowCloses);
    }

    [Fact]
    public async Task Stream_ReaderThatStops_IsEndedAndTheOthersGoOn()
    {
        await using var server = await StartAsync(SlowConsumerPolicy.DropOldest);
        using var quick = await server.StreamAsync("room=ns:x");
        await quick.ReadAsync("connected");
        using var stuck = await server.StreamAsync("room=ns:x&room=b", receiveBufferBytes: 4_096);
        await stuck.ReadAsync("connected");

        var offset = 0;
        await PublishUntilAsync(
            server, "ns:x", () => server.Connections.Statistics.SlowCloses == 1,
            heard: async () => Assert.Equal(++offset, (await quick.ReadAsync("chat")).Message.Offset));
        await PublishAsync(server, "ns:x", 0);

        Assert.Equal(offset + 1, (await quick.ReadAsync("chat")).Message.Offset);
        Assert.Equal(1, server.Connections.Statistics.SlowCloses);
        Assert.Equal(1, server.Rooms.Find(RoomId.Parse("ns:x"))!.SlowCloses);
        await Eventually.Equal(1, () => server.Connections.Count);
    }

    private static Task<LiveServer> StartAsync(SlowConsumerPolicy policy, TimeProvider? time = null) => LiveServer.StartAsync(
        options =>
        {
            options.BacklogBytes = 32_768;
            options.Namespaces["ns"] = new() { SlowConsumer = policy, History = 1_000 };
        },
        time: time);

    private static async Task<RawWebSocket> StuckAsync(LiveServer server, string room)
    {
        var socket = await server.ConnectRawAsync(HidesLittle);
        await socket.SendTextAsync(Join.Replace("ROOM", room, StringComparison.Ordinal));
        await socket.ReadTextAsync();
        return socket;
    }

    private static async Task PublishAsync(LiveServer server, string room, int n, int keys = 1)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { n, pad = Padding });
        var result = await server.Rooms.PublishAsync(RoomId.Parse(room), "chat", payload, new PublishOptions { ConflateKey = $"k{n % keys}" });
        Assert.True(result.Published);
    }

    // One at a time, as a healthy reader hears them or, without one, as the room's loop has dealt with them.
    private static async Task PublishUntilAsync(LiveServer server, string room, Func<bool> reached, int keys = 1, Func<Task>? heard = null)
    {
        for (var n = 1; !reached(); n++)
        {
            Assert.True(n < 20_000, "The kernel hides it all.");
            var before = Outcome(server);
            await PublishAsync(server, room, n, keys);
            await (heard?.Invoke() ?? Eventually.True(() => reached() || Outcome(server) != before));
        }
    }

    private static (long, long, long) Outcome(LiveServer server)
    {
        var statistics = server.Connections.Statistics;
        return (statistics.Deliveries, statistics.BacklogBytes, statistics.Dropped);
    }

    private static async Task<(List<(long Offset, List<LiveMessage> Notices)> Got, long Dropped)> ReadToAsync(RawWebSocket socket, long last)
    {
        var got = new List<(long, List<LiveMessage>)>();
        var notices = new List<LiveMessage>();
        var dropped = 0L;
        while (got.Count == 0 || got[^1].Item1 < last)
        {
            var message = new LiveMessage(JsonElement.Parse((await socket.ReadTextAsync())!));
            if (message.Type == "dropped")
            {
                Assert.Equal(["room_id", "count", "from_offset", "to_offset"], message.Fields());
                notices.Add(message);
                dropped += message.Number("count");
            }
            else
            {
                got.Add((message.Offset!.Value, notices));
                notices = [];
            }
        }

        return (got, dropped);
    }
}
