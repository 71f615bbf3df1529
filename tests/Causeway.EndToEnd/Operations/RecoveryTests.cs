using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D7: whoever comes back has, in the end, the room's exact log.</summary>
public sealed class RecoveryTests
{
    private const int Publishers = 10;
    private const int EachPublishes = 200;
    private const int Total = Publishers * EachPublishes;

    private const string Configuration = """
        { "Realtime": { "MessagesPerSecond": 100000, "Namespaces": { "default": { "History": 10000, "Presence": false }, "short": { "History": 5 } } } }
        """;

    [Fact]
    public async Task Resume_DroppingWhileTenPublish_EveryClientEndsWithTheExactLog()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        var readers = Enumerable.Range(0, 8).Select(seed => ReadWithDropsAsync(causeway, "busy", new Random(seed))).ToList();

        var ids = await PublishAsync(causeway, "busy");
        var logs = await Task.WhenAll(readers).WithinPhase();

        var truth = await LogAsync(causeway, "busy");
        Assert.Equal(Total, truth.Count);
        Assert.Equal(ids.Order(StringComparer.Ordinal), truth.Order(StringComparer.Ordinal));
        Assert.All(logs, log => Assert.Equal(truth, log));
    }

    [Fact]
    public async Task Resume_StreamOfThreeRoomsDroppingWhileTenPublish_EndsWithTheExactLogs()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        string[] rooms = ["one", "two", "three"];
        var opened = new TaskCompletionSource();
        var reading = StreamWithDropsAsync(causeway, rooms, new Random(1), opened);
        await opened.Task.Within();

        await Task.WhenAll(rooms.Select(room => PublishAsync(causeway, room)));
        var logs = await reading.WithinPhase();

        foreach (var room in rooms)
        {
            Assert.Equal(await LogAsync(causeway, room), logs[room]);
        }
    }

    [Fact]
    public async Task Resume_ClientProcessKilled_ItsSuccessorMissesNothing()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        var publishing = PublishAsync(causeway, "busy");
        var got = new List<long>();
        var since = "";
        for (var life = 0; life < 4; life++)
        {
            await using var peer = ChildProcess.Start(
                Needs.Python(), [Path.Combine(AppContext.BaseDirectory, "Peers", "websockets_client.py"), causeway.WebSocket.ToString()]);
            await peer.TellsAsync("message");
            if (life == 3)
            {
                await publishing;
            }

            await peer.SayAsync($$$"""{"type":"join_room","payload":{"room_id":"busy","since":{{{(since.Length > 0 ? since : """{"epoch":"none","offset":0}""")}}}}}""");

            // One that was killed may have had more than it was waited for, even all.
            var expected = life == 3 ? Total - got.Count : Math.Min(100, Total - got.Count);
            await peer.TellsAsync("message", 2);
            if (life == 0)
            {
                // The first join recovers nothing: it starts where the room is.
                var ack = JsonElement.Parse(await peer.TellsAsync("message", 2));
                got.AddRange(Enumerable.Range(1, (int)ack.GetProperty("payload").GetProperty("offset").GetInt64()).Select(static i => (long)i));
                expected = Math.Min(100, Total - got.Count);
            }

            await peer.TellsAsync("message", 2 + expected);
            peer.Process.Send(Signal.Kill);
            await peer.ExitAsync();

            foreach (var message in peer.Output.Where(static line => line.StartsWith("message {", StringComparison.Ordinal)).Select(Parse).OfType<LiveMessage>())
            {
                if (message is { Type: "chat", Offset: { } offset } && got.Count < Total)
                {
                    got.Add(offset);
                    since = $$"""{"epoch":"{{message.Epoch}}","offset":{{offset}}}""";
                }
            }
        }

        Assert.Equal(Enumerable.Range(1, Total).Select(static i => (long)i), got);
    }

    [Fact]
    public async Task Resume_PositionOlderThanTheLog_IsNeverPartial()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        for (var i = 1; i <= 10; i++)
        {
            await causeway.PublishAsync("short:room", "chat", $$"""{"n":{{i}}}""");
        }

        await using var client = await causeway.ConnectAsync();
        var first = (await client.JoinAsync("short:room")).Payload;
        var epoch = first.GetProperty("epoch").GetString()!;

        foreach (var (since, recovered, replayed) in new[] { ((epoch, 4L), false, 0L), ((epoch, 5L), true, 5L), ((epoch, 10L), true, 0L), ((epoch, 11L), false, 0L), (("other", 9L), false, 0L) })
        {
            await using var back = await causeway.ConnectAsync();
            var ack = (await back.JoinAsync("short:room", since)).Payload;
            Assert.Equal(recovered, ack.GetProperty("recovered").GetBoolean());
            Assert.Equal(replayed, ack.GetProperty("replayed").GetInt64());
            Assert.Equal(10, ack.GetProperty("offset").GetInt64());
            await back.RequestAsync("ping");
            Assert.Equal(replayed, back.Log.Count(static m => m.Type == "chat"));
        }
    }

    [Fact]
    public async Task Restart_InMemoryRooms_ClientsAreToldToStartOver()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        await causeway.PublishAsync("general", "chat", "{}");
        await using var before = await causeway.ConnectAsync();
        var epoch = (await before.JoinAsync("general")).Payload.GetProperty("epoch").GetString()!;
        using var stream = await causeway.StreamAsync("room=general");
        var cursor = (await stream.ReadAsync("connected")).Id;

        await causeway.KillAsync();
        await causeway.StartAgainAsync();

        await using var after = await causeway.ConnectAsync();
        var ack = (await after.JoinAsync("general", (epoch, 1))).Payload;
        Assert.False(ack.GetProperty("recovered").GetBoolean());
        Assert.NotEqual(epoch, ack.GetProperty("epoch").GetString());
        using var again = await causeway.StreamAsync("room=general", cursor);
        var reset = (await again.ReadAsync("reset")).Json;
        reset = reset.TryGetProperty("payload", out var inner) ? inner : reset;
        Assert.Equal("general", reset.GetProperty("room_id").GetString());
        Assert.NotEqual(epoch, reset.GetProperty("epoch").GetString());
    }

    /// <summary>Ten connections publish at once; returns the ids from their acks.</summary>
    private static async Task<List<string>> PublishAsync(CausewayProcess causeway, string room)
    {
        var perPublisher = await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async publisher =>
        {
            await using var client = await causeway.ConnectAsync();
            await client.JoinAsync(room, echo: false);
            var ids = new List<string>();
            for (var i = 0; i < EachPublishes; i++)
            {
                var ack = await client.PublishAsync(room, new JsonObject { ["publisher"] = publisher, ["n"] = i });
                ids.Add(ack.Payload.GetProperty("id").GetString()!);
            }

            return ids;
        }));
        return [.. perPublisher.SelectMany(static ids => ids)];
    }

    /// <summary>Reads the room to its last message, and on the way loses its connection again and again.</summary>
    private static async Task<List<string>> ReadWithDropsAsync(CausewayProcess causeway, string room, Random random)
    {
        var log = new List<string>();
        string? epoch = null;
        while (log.Count < Total)
        {
            await using var client = await causeway.ConnectAsync();
            var ack = (await client.JoinAsync(room, epoch is null ? null : (epoch, log.Count), history: epoch is null ? 100 : null)).Payload;
            if (epoch is null)
            {
                // Only a start before the hundredth message has the whole log; the publishers have hardly begun.
                Assert.InRange(ack.GetProperty("offset").GetInt64(), 0, 100);
                epoch = ack.GetProperty("epoch").GetString();
            }
            else
            {
                Assert.True(ack.GetProperty("recovered").GetBoolean());
                Assert.Equal(ack.GetProperty("offset").GetInt64() - log.Count, ack.GetProperty("replayed").GetInt64());
            }

            for (var life = random.Next(1, 150); life > 0 && log.Count < Total; life--)
            {
                var message = await client.NextAsync();
                Assert.Equal(epoch, message.Epoch);
                Assert.Equal(log.Count + 1, message.Offset);
                log.Add(message.Id!);
            }

            if (random.Next(2) == 0)
            {
                client.Abort();
            }
        }

        return log;
    }

    private static async Task<Dictionary<string, List<string>>> StreamWithDropsAsync(CausewayProcess causeway, string[] rooms, Random random, TaskCompletionSource opened)
    {
        var logs = rooms.ToDictionary(static room => room, static _ => new List<string>());
        string? cursor = null;
        while (logs.Values.Any(static log => log.Count < Total))
        {
            using var stream = await causeway.StreamAsync(string.Join('&', rooms.Select(static room => $"room={room}")), cursor);
            for (var life = random.Next(1, 300); life > 0 && logs.Values.Any(static log => log.Count < Total); life--)
            {
                var block = await stream.ReadAsync() ?? throw new EndOfStreamException("The stream ended by itself.");
                Assert.NotEqual("reset", block.Event);
                cursor = block.Id ?? cursor;
                opened.TrySetResult();
                if (block.Event == "chat")
                {
                    var log = logs[block.Message.RoomId!];
                    Assert.Equal(log.Count + 1, block.Message.Offset);
                    log.Add(block.Message.Id!);
                }
            }
        }

        return logs;
    }

    /// <summary>The room's log as the server has it, read page by page.</summary>
    private static async Task<List<string>> LogAsync(CausewayProcess causeway, string room)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = (await causeway.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v1/rooms/{room}/messages?after={ids.Count}&limit=100"))).Json;
            var items = page.GetProperty("items").EnumerateArray().ToList();
            if (items.Count == 0)
            {
                return ids;
            }

            foreach (var item in items)
            {
                Assert.Equal(ids.Count + 1, item.GetProperty("offset").GetInt64());
                ids.Add(item.GetProperty("id").GetString()!);
            }
        }
    }

    /// <summary>A line of a killed process may be cut short.</summary>
    private static LiveMessage? Parse(string line)
    {
        try
        {
            return new LiveMessage(JsonElement.Parse(line["message ".Length..]));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
