using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D7: a program that is killed in the middle of its work loses nothing that it acknowledged, and every client ends with the same log.</summary>
public sealed class DurableRoomTests
{
    private const int Kills = 3;
    private const int BetweenKills = 150;
    private const string Namespaces = """{ "kept": { "Durable": true, "History": 100000, "HistorySeconds": 86400, "Presence": false } }""";

    private static readonly string[] Rooms = ["kept:one", "kept:two"];

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Kill_UnderLoad_EveryClientEndsWithTheExactLog(string provider)
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(await ConfigurationAsync(provider));
        var acknowledged = new ConcurrentBag<(string Room, string Id, long Offset, string Epoch)>();
        using var stop = new CancellationTokenSource();
        var publishers = Enumerable.Range(0, 6).Select(n => PublishAsync(causeway, Rooms[n % Rooms.Length], n, acknowledged, stop.Token))
            .Append(PublishOverHttpAsync(causeway, Rooms[0], acknowledged, stop.Token)).ToList();
        var readers = Enumerable.Range(0, 6).Select(n => ReadAsync(causeway, Rooms[n % Rooms.Length])).ToList();
        var streams = Enumerable.Range(0, 2).Select(_ => StreamAsync(causeway)).ToList();

        for (var kill = 0; kill < Kills; kill++)
        {
            var before = acknowledged.Count;
            await Eventually.True(() => acknowledged.Count >= before + BetweenKills, what: $"{BetweenKills} publishes after kill {kill}");
            await causeway.KillAsync();
            await causeway.StartAgainAsync();
        }

        var last = acknowledged.Count;
        await Eventually.True(() => acknowledged.Count >= last + BetweenKills);
        await stop.CancelAsync();
        await Task.WhenAll(publishers).Within();
        var logs = new Dictionary<string, List<string>>();
        foreach (var room in Rooms)
        {
            await causeway.PublishAsync(room, "end", "{}");
            logs[room] = await LogAsync(causeway, room);
        }

        foreach (var (room, heard) in (await Task.WhenAll(readers).WithinPhase()).Concat((await Task.WhenAll(streams).WithinPhase()).SelectMany(static rooms => rooms)))
        {
            // A stream starts where the room is; what it heard first says where that was.
            Assert.Equal(logs[room].Skip((int)heard[0].Offset - 1), heard.Select(static message => message.Id));
        }

        foreach (var ofRoom in acknowledged.GroupBy(static publish => publish.Room))
        {
            // One life through all kills; everything acknowledged at its offset, and nothing twice.
            Assert.Single(ofRoom.Select(static publish => publish.Epoch).Distinct());
            Assert.All(ofRoom, publish => Assert.Equal(publish.Id, logs[publish.Room][(int)publish.Offset - 1]));
            Assert.Equal(logs[ofRoom.Key].Count, logs[ofRoom.Key].Distinct().Count());
        }
    }

    /// <summary>Publishes one after the other, and comes back when its line breaks; what it was not told of it does not repeat.</summary>
    private static Task PublishAsync(
        CausewayProcess causeway, string room, int publisher, ConcurrentBag<(string, string, long, string)> acknowledged, CancellationToken stop) => Task.Run(
        async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested;)
            {
                await AwayAsync(async () =>
                {
                    await using var client = await causeway.ConnectAsync();
                    await client.JoinAsync(room, echo: false);
                    while (!stop.IsCancellationRequested)
                    {
                        var ack = (await client.PublishAsync(room, new JsonObject { ["publisher"] = publisher, ["n"] = n++ })).Payload;
                        acknowledged.Add((room, ack.GetProperty("id").GetString()!, ack.GetProperty("offset").GetInt64(), ack.GetProperty("epoch").GetString()!));
                    }
                });
            }
        },
        CancellationToken.None);

    /// <summary>Publishes with keys, and repeats what it was not told of until it is: each is there once.</summary>
    private static Task PublishOverHttpAsync(
        CausewayProcess causeway, string room, ConcurrentBag<(string, string, long, string)> acknowledged, CancellationToken stop) => Task.Run(
        async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested;)
            {
                await AwayAsync(async () =>
                {
                    var answer = await causeway.PostAsync(
                        $"/api/v1/rooms/{room}/messages", $$$"""{"type":"chat","payload":{"key":{{{n}}}}}""", ("Idempotency-Key", n.ToString(CultureInfo.InvariantCulture)));
                    if (answer.Status == 201)
                    {
                        acknowledged.Add((room, answer.Json.GetProperty("id").GetString()!, answer.Json.GetProperty("offset").GetInt64(), answer.Json.GetProperty("epoch").GetString()!));
                        n++;
                    }
                });
            }
        },
        CancellationToken.None);

    /// <summary>Reads a room to its end, and checks every message on the way.</summary>
    private static Task<(string Room, List<(long Offset, string Id)> Heard)> ReadAsync(CausewayProcess causeway, string room) => Task.Run(async () =>
    {
        var log = new List<(long Offset, string Id)>();
        string? epoch = null;
        var ended = false;
        while (!ended)
        {
            await AwayAsync(async () =>
            {
                await using var client = await causeway.ConnectAsync();
                var ack = (await client.JoinAsync(room, epoch is null ? null : (epoch, log.Count), epoch is null ? 100_000 : null)).Payload;
                Assert.True(epoch is null || (epoch == ack.GetProperty("epoch").GetString() && ack.GetProperty("recovered").GetBoolean()));
                epoch = ack.GetProperty("epoch").GetString();
                while (!ended)
                {
                    var message = await client.NextAsync();
                    Assert.Equal((epoch, (long?)log.Count + 1), (message.Epoch, message.Offset));
                    log.Add((message.Offset!.Value, message.Id!));
                    ended = message.Type == "end";
                }
            });
        }

        return (room, log);
    });

    /// <summary>The same with both rooms on one event stream, by its cursor.</summary>
    private static Task<List<(string Room, List<(long Offset, string Id)> Heard)>> StreamAsync(CausewayProcess causeway) => Task.Run(async () =>
    {
        var logs = Rooms.ToDictionary(static room => room, static _ => new List<(long Offset, string Id)>());
        string? cursor = null;
        var ended = 0;
        while (ended < Rooms.Length)
        {
            await AwayAsync(async () =>
            {
                using var stream = await causeway.StreamAsync(string.Join('&', Rooms.Select(static room => $"room={room}")), cursor);
                while (ended < Rooms.Length && await stream.ReadAsync() is { } block)
                {
                    Assert.NotEqual("reset", block.Event);
                    cursor = block.Id ?? cursor;
                    if (block.Event is "chat" or "end")
                    {
                        var log = logs[block.Message.RoomId!];
                        Assert.True(log.Count == 0 || log[^1].Offset + 1 == block.Message.Offset, $"{log.LastOrDefault().Offset} is followed by {block.Message.Offset}");
                        log.Add((block.Message.Offset!.Value, block.Message.Id!));
                        ended += block.Event == "end" ? 1 : 0;
                    }
                }
            });
        }

        return logs.Select(static log => (log.Key, log.Value)).ToList();
    });

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

    /// <summary>Does something with a server that may be killed meanwhile.</summary>
    private static async Task AwayAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or SocketException or ObjectDisposedException or InvalidDataException)
        {
            // It was killed; it comes back.
        }
    }

    private static async Task<string> ConfigurationAsync(string provider)
    {
        var database = """{ "Synchronous": "normal" }""";
        if (provider == "postgres")
        {
            Needs.Postgres();
            database = $$"""{ "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync())}} }""";
        }

        return $$"""{ "RateLimits": { "Enabled": false }, "Database": {{database}}, "Realtime": { "MessagesPerSecond": 100000, "Namespaces": {{Namespaces}} } }""";
    }
}
