using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>
/// Clients that publish to durable rooms and read them, on any of some nodes, and go to the next when theirs is gone; and the check that what all of them were told is true: every client has the
/// same log, with everything that was acknowledged at its offset, and nothing twice.
/// </summary>
internal sealed class LogCheck : IAsyncDisposable
{
    private readonly ConcurrentBag<(string Room, string Id, long Offset, string Epoch)> _acknowledged = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly IReadOnlyList<CausewayProcess> _nodes;
    private readonly IReadOnlyList<string> _rooms;
    private readonly List<Task> _publishers;
    private readonly List<Task<(string Room, List<(long Offset, string Id)> Heard)>> _readers;
    private readonly List<Task<List<(string Room, List<(long Offset, string Id)> Heard)>>> _streams;

    public LogCheck(IReadOnlyList<CausewayProcess> nodes, IReadOnlyList<string> rooms)
    {
        (_nodes, _rooms) = (nodes, rooms);
        _publishers = [.. Enumerable.Range(0, 6).Select(n => PublishAsync(rooms[n % rooms.Count], n)), PublishOverHttpAsync(rooms[0])];
        _readers = [.. Enumerable.Range(0, 6).Select(n => ReadAsync(rooms[n % rooms.Count], n))];
        _streams = [.. Enumerable.Range(0, 2).Select(StreamAsync)];
    }

    /// <summary>Waits until more publishes have been acknowledged.</summary>
    public async Task MoreAsync(int publishes)
    {
        var before = _acknowledged.Count;
        await Eventually.True(() => _acknowledged.Count >= before + publishes, what: $"{publishes} more publishes are acknowledged");
    }

    /// <summary>Ends the publishers, has every reader read to the end, and compares.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_publishers).Within();
        var logs = new Dictionary<string, List<string>>();
        foreach (var room in _rooms)
        {
            await Eventually.True(
                async () => (await _nodes[0].PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"end","payload":{}}""", ("Idempotency-Key", "the end"))).Status == 201, what: "the end is stored");
            logs[room] = await LogAsync(room);
        }

        foreach (var (room, heard) in (await Task.WhenAll(_readers).WithinPhase()).Concat((await Task.WhenAll(_streams).WithinPhase()).SelectMany(static ofAll => ofAll)))
        {
            // A stream starts where the room is; what it heard first says where that was.
            Assert.Equal(logs[room].Skip((int)heard[0].Offset - 1), heard.Select(static message => message.Id));
        }

        foreach (var ofRoom in _acknowledged.GroupBy(static publish => publish.Room))
        {
            // One life through all of it; everything acknowledged at its offset, and nothing twice.
            Assert.Single(ofRoom.Select(static publish => publish.Epoch).Distinct());
            Assert.All(ofRoom, publish => Assert.Equal(publish.Id, logs[publish.Room][(int)publish.Offset - 1]));
            Assert.Equal(logs[ofRoom.Key].Count, logs[ofRoom.Key].Distinct().Count());
        }
    }

    public async ValueTask DisposeAsync()
    {
        // After a failure the readers would look for the end for ever, on nodes that are gone.
        await _giveUp.CancelAsync();
        await _stop.CancelAsync();
        _giveUp.Dispose();
        _stop.Dispose();
    }

    private CausewayProcess NodeOf(int number) => _nodes[number % _nodes.Count];

    /// <summary>Publishes one after the other, and comes back when its line breaks; what it was not told of it does not repeat.</summary>
    private Task PublishAsync(string room, int publisher) => Task.Run(
        async () =>
        {
            for (var (n, node) = (0, publisher); !_stop.IsCancellationRequested; node++)
            {
                await AwayAsync(async () =>
                {
                    await using var client = await NodeOf(node).ConnectAsync();
                    await OnLineAsync(client, client.JoinAsync(room, echo: false));
                    while (!_stop.IsCancellationRequested)
                    {
                        var ack = (await OnLineAsync(client, client.PublishAsync(room, new JsonObject { ["publisher"] = publisher, ["n"] = n++ }))).Payload;
                        _acknowledged.Add((room, ack.GetProperty("id").GetString()!, ack.GetProperty("offset").GetInt64(), ack.GetProperty("epoch").GetString()!));
                    }
                });
            }
        },
        CancellationToken.None);

    /// <summary>Publishes with keys, and repeats what it was not told of until it is: each is there once.</summary>
    private Task PublishOverHttpAsync(string room) => Task.Run(
        async () =>
        {
            for (var (n, node) = (0, 0); !_stop.IsCancellationRequested; node++)
            {
                await AwayAsync(async () =>
                {
                    var answer = await NodeOf(node).PostAsync(
                        $"/api/v1/rooms/{room}/messages", $$$"""{"type":"chat","payload":{"key":{{{n}}}}}""", ("Idempotency-Key", n.ToString(CultureInfo.InvariantCulture)));
                    if (answer.Status == 201)
                    {
                        _acknowledged.Add((room, answer.Json.GetProperty("id").GetString()!, answer.Json.GetProperty("offset").GetInt64(), answer.Json.GetProperty("epoch").GetString()!));
                        n++;
                    }
                });
            }
        },
        CancellationToken.None);

    /// <summary>Reads a room to its end, and checks every message on the way.</summary>
    private Task<(string Room, List<(long Offset, string Id)> Heard)> ReadAsync(string room, int reader) => Task.Run(async () =>
    {
        var log = new List<(long Offset, string Id)>();
        string? epoch = null;
        var ended = false;
        for (var node = reader; !ended && !_giveUp.IsCancellationRequested; node++)
        {
            await AwayAsync(async () =>
            {
                await using var client = await NodeOf(node).ConnectAsync();
                var ack = (await OnLineAsync(client, client.JoinAsync(room, epoch is null ? null : (epoch, log.Count), epoch is null ? 100_000 : null))).Payload;
                Assert.True(epoch is null || (epoch == ack.GetProperty("epoch").GetString() && ack.GetProperty("recovered").GetBoolean()));
                epoch = ack.GetProperty("epoch").GetString();
                while (!ended)
                {
                    var message = await client.NextAsync();
                    if (message.Type == "reconnect")
                    {
                        // A stop that is announced: the line ends soon.
                        continue;
                    }

                    Assert.Equal((epoch, (long?)log.Count + 1), (message.Epoch, message.Offset));
                    log.Add((message.Offset!.Value, message.Id!));
                    ended = message.Type == "end";
                }
            });
        }

        return (room, log);
    });

    /// <summary>The same with both rooms on one event stream, by its cursor.</summary>
    private Task<List<(string Room, List<(long Offset, string Id)> Heard)>> StreamAsync(int reader) => Task.Run(async () =>
    {
        var logs = _rooms.ToDictionary(static room => room, static _ => new List<(long Offset, string Id)>());
        string? cursor = null;
        var ended = 0;
        for (var node = reader; ended < _rooms.Count && !_giveUp.IsCancellationRequested; node++)
        {
            await AwayAsync(async () =>
            {
                using var stream = await NodeOf(node).StreamAsync(string.Join('&', _rooms.Select(static room => $"room={room}")), cursor);
                while (ended < _rooms.Count && await stream.ReadAsync() is { } block)
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
    private async Task<List<string>> LogAsync(string room)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = (await _nodes[0].GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v1/rooms/{room}/messages?after={ids.Count}&limit=100"))).Json;
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

    /// <summary>Waits for an answer as long as the line is there.</summary>
    private static async Task<LiveMessage> OnLineAsync(LiveClient client, Task<LiveMessage> answer) =>
        await Task.WhenAny(answer, client.Closed) == answer || answer.IsCompletedSuccessfully ? await answer : throw new IOException("The line was closed before the answer.");

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
        catch (InvalidOperationException exception) when (exception.Message.Contains("\"UNAVAILABLE\"", StringComparison.Ordinal))
        {
            // It has no database at the moment, and says so.
        }
    }
}
