using System.Globalization;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D4, D5: a reader that stops, under each policy, and the others beside it.</summary>
public sealed class SlowConsumerTests
{
    private const int Messages = 400;
    private const int InFlight = 10;
    private const int MessageBytes = 8_000;
    private static readonly RawHandshake SmallBuffer = new() { ReceiveBufferBytes = 4_096 };

    private const string Configuration = """
        { "Realtime": { "BacklogBytes": 262144, "MessagesPerSecond": 100000, "Namespaces": {
            "default": { "History": 1000, "Presence": false },
            "drop": { "SlowConsumer": "drop_oldest" },
            "conflate": { "SlowConsumer": "conflate" } } } }
        """;

    [Fact]
    public async Task Disconnect_ReaderStops_IsClosedAndComesBackWithoutLoss()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        await using var slow = await causeway.ConnectAsync(SmallBuffer);
        await using var healthy = await causeway.ConnectAsync();
        var epoch = (await slow.JoinAsync("busy")).Payload.GetProperty("epoch").GetString()!;
        await healthy.JoinAsync("busy");
        slow.StopReading();

        await FloodAsync(causeway, "busy", healthy);
        await Eventually.Equal(1, () => causeway.MetricAsync("causeway_slow_closes_total"));
        await Eventually.Equal(404, async () => (await causeway.GetAsync($"/api/v1/connections/{slow.ConnectionId}")).Status);

        // What was on its way arrives without a hole, then the connection ends: with 4008, or with a reset where even that could not be sent.
        slow.ContinueReading();
        Assert.Contains((await slow.Closed.Within()).Code, new[] { 4008, 1006 });
        var got = slow.Log.Where(static m => m.Type == "chat").Select(static m => m.Offset!.Value).ToList();
        Assert.Equal(Enumerable.Range(1, got.Count).Select(static i => (long)i), got);

        await using var back = await causeway.ConnectAsync();
        var ack = await back.JoinAsync("busy", since: (epoch, got.Count));
        Assert.True(ack.Payload.GetProperty("recovered").GetBoolean());
        for (long offset = got.Count + 1; offset <= Messages; offset++)
        {
            Assert.Equal(offset, (await back.NextAsync("chat")).Offset);
        }
    }

    [Fact]
    public async Task DropOldest_ReaderStops_IsToldExactlyWhatItMissed()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        await using var slow = await causeway.ConnectAsync(SmallBuffer);
        await using var healthy = await causeway.ConnectAsync();
        await slow.JoinAsync("drop:busy");
        await healthy.JoinAsync("drop:busy");
        slow.StopReading();

        await FloodAsync(causeway, "drop:busy", healthy);
        slow.ContinueReading();

        // Read to the newest: whatever is not there was announced, by count and by range.
        long position = 0, dropped = 0;
        while (position < Messages)
        {
            var message = await slow.NextAsync();
            if (message.Type == "dropped")
            {
                var payload = message.Payload;
                Assert.Equal("drop:busy", payload.GetProperty("room_id").GetString());
                Assert.Equal(position + 1, payload.GetProperty("from_offset").GetInt64());
                dropped += payload.GetProperty("count").GetInt64();
                position = payload.GetProperty("to_offset").GetInt64();
            }
            else
            {
                Assert.Equal(position + 1, message.Offset);
                position++;
            }
        }

        Assert.True(dropped > 0, "Nothing was dropped: the reader was not slow enough for this test to mean anything.");
        Assert.Equal(Messages, slow.Log.Count(static m => m.Type == "chat") + dropped);
        Assert.Equal(dropped, await causeway.MetricAsync("causeway_dropped_total{policy=\"drop_oldest\"}"));
        Assert.Equal(dropped, (await causeway.GetAsync($"/api/v1/connections/{slow.ConnectionId}")).Json.GetProperty("dropped").GetInt64());
        Assert.Equal("pong", (await slow.RequestAsync("ping")).Type);
    }

    [Fact]
    public async Task Conflate_ReaderStops_EndsWithTheNewestOfEveryKey()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        await using var slow = await causeway.ConnectAsync(SmallBuffer);
        await using var healthy = await causeway.ConnectAsync();
        await slow.JoinAsync("conflate:prices");
        await healthy.JoinAsync("conflate:prices");
        slow.StopReading();

        await FloodAsync(causeway, "conflate:prices", healthy, keys: 10);
        slow.ContinueReading();

        long announced = 0, received = 0;
        var newest = new Dictionary<int, long>();
        while (received + announced < Messages)
        {
            var message = await slow.NextAsync();
            if (message.Type == "dropped")
            {
                announced += message.Payload.GetProperty("count").GetInt64();
            }
            else
            {
                received++;
                newest[message.Payload.GetProperty("key").GetInt32()] = message.Offset!.Value;
            }
        }

        Assert.True(announced > 0, "Nothing was conflated: the reader was not slow enough for this test to mean anything.");
        Assert.Equal(
            Enumerable.Range(Messages - 9, 10).Select(static offset => (long)offset),
            newest.Values.Order());
        Assert.Equal(announced, await causeway.MetricAsync("causeway_dropped_total{policy=\"conflate\"}"));
        Assert.False(slow.Closed.IsCompleted);
    }

    [Fact]
    public async Task EventStream_ReaderStops_IsEndedAndResumes()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        using var slow = await causeway.StreamAsync("room=busy", receiveBufferBytes: 4_096);
        await using var healthy = await causeway.ConnectAsync();
        await healthy.JoinAsync("busy");
        await slow.ReadAsync("connected");

        await FloodAsync(causeway, "busy", healthy);
        await Eventually.Equal(0, () => causeway.MetricAsync("causeway_connections{transport=\"sse\"}"));

        long last = 0;
        while (await slow.ReadAsync() is { } message)
        {
            Assert.Equal(++last, message.Message.Offset);
        }

        Assert.InRange(last, 0, Messages - 1);
        using var again = await causeway.StreamAsync("room=busy", slow.LastId);
        while (last < Messages)
        {
            var message = await again.ReadAsync("chat");
            Assert.Equal(++last, message.Message.Offset);
        }
    }

    [Fact]
    public async Task Backlog_ReaderStopsForAMoment_NeverExceedsItsBound()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        await using var slow = await causeway.ConnectAsync(SmallBuffer);
        await using var healthy = await causeway.ConnectAsync();
        await slow.JoinAsync("drop:bounded");
        await healthy.JoinAsync("drop:bounded");
        slow.StopReading();

        var flood = FloodAsync(causeway, "drop:bounded", healthy);
        long highest = 0;
        while (!flood.IsCompleted)
        {
            var shown = (await causeway.GetAsync($"/api/v1/connections/{slow.ConnectionId}")).Json;
            highest = Math.Max(highest, shown.GetProperty("backlog_bytes").GetInt64());
        }

        await flood;
        Assert.InRange((await causeway.GetAsync($"/api/v1/connections/{slow.ConnectionId}")).Json.GetProperty("backlog_bytes").GetInt64(), 1, 262_144);
        Assert.InRange(highest, 0, 262_144);
    }

    /// <summary>
    /// Publishes more than a backlog holds, at the pace of a healthy reader, and makes sure that this one gets every message in order.
    /// </summary>
    private static async Task FloodAsync(CausewayProcess causeway, string room, LiveClient healthy, int keys = 1)
    {
        await using var publisher = await causeway.ConnectAsync();
        await publisher.JoinAsync(room, echo: false);
        var filler = new string('x', MessageBytes);
        for (var i = 0; i < Messages; i++)
        {
            var key = i % keys;
            var payload = new JsonObject { ["n"] = i, ["key"] = key, ["filler"] = filler };
            await publisher.SendAsync("chat", payload, room, conflateKey: key.ToString(CultureInfo.InvariantCulture));
            if (i % InFlight == InFlight - 1)
            {
                await TakeAsync(healthy, i - InFlight + 2, InFlight);
            }
        }
    }

    private static async Task TakeAsync(LiveClient healthy, long first, int count)
    {
        for (var offset = first; offset < first + count; offset++)
        {
            var message = await healthy.NextAsync();
            Assert.Equal("chat", message.Type);
            Assert.Equal(offset, message.Offset);
        }
    }
}
