using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Sql.Tests;

/// <summary>D7: whatever happens in whatever order (publishes, refusals, commits cut off, restarts, deletions), a client that comes back gets the log exactly, or is told to start over.</summary>
public sealed class RecoveryModelTests
{
    private const string Room = "log:a";

    private enum Act
    {
        Publish,
        PublishMany,
        Refuse,
        CutOffDone,
        CutOffUndone,
        Restart,
        Delete,
        Leave,
        Resume,
    }

    private sealed record Step(Act Act, int Amount);

    /// <summary>The log as it has to be.</summary>
    private sealed class Model
    {
        public int Life { get; private set; } = 1;

        public List<int> Log { get; } = [];

        public void Delete()
        {
            Life++;
            Log.Clear();
        }
    }

    [Fact]
    public async Task Client_AnyHistoryOfTheRoom_EndsWithTheLog()
    {
        var step =
            from act in Gen.Frequency(
                (6, Gen.Constant(Act.Publish)), (3, Gen.Constant(Act.PublishMany)), (2, Gen.Constant(Act.Refuse)), (2, Gen.Constant(Act.CutOffDone)), (1, Gen.Constant(Act.CutOffUndone)),
                (2, Gen.Constant(Act.Restart)), (1, Gen.Constant(Act.Delete)), (3, Gen.Constant(Act.Leave)), (3, Gen.Constant(Act.Resume)))
            from amount in Gen.Choose(1, 30)
            select new Step(act, amount);
        foreach (var steps in Gen.Sample(Gen.ListOf(step, 25), 24))
        {
            await RunAsync([.. steps]);
        }
    }

    private static async Task RunAsync(IReadOnlyList<Step> steps)
    {
        FaultyLogs faults = null!;
        await using var server = await LogServer.StartAsync(LogHome.Sqlite, wrap: store => faults = new FaultyLogs(store));
        var model = new Model();
        var lives = new Dictionary<int, string>();
        var client = new Client();
        var number = 0;
        var story = string.Join(", ", steps.Select(static step => $"{step.Act} {step.Amount}"));
        foreach (var (act, amount) in steps)
        {
            switch (act)
            {
                case Act.Publish:
                    await PublishAsync();
                    break;
                case Act.PublishMany:
                    var first = number;
                    number += amount;
                    await PublishAsync();
                    first++;
                    var results = await Task.WhenAll(Enumerable.Range(first, amount).Select(n => server.TryPublishAsync(Room, 10_000 + n).AsTask()).ToList());
                    Assert.True(results.All(static result => result.Published), story);
                    model.Log.AddRange(Enumerable.Range(first, amount).Select(static n => 10_000 + n));
                    break;
                case Act.Refuse or Act.CutOffUndone or Act.CutOffDone:
                    // Opened first, so that the fault is the append's.
                    await PublishAsync();
                    faults.Faults.Enqueue(act switch { Act.Refuse => Fault.Refused, Act.CutOffDone => Fault.CutOffAfterTheCommit, _ => Fault.CutOffBeforeTheCommit });
                    var result = await server.TryPublishAsync(Room, ++number);
                    Assert.True(result.Published == (act == Act.CutOffDone), story);
                    if (result.Published)
                    {
                        model.Log.Add(number);
                    }

                    break;
                case Act.Restart:
                    await client.LeaveAsync();
                    await server.RestartAsync();
                    break;
                case Act.Delete:
                    if (await server.Rooms.DeleteAsync(RoomId.Parse(Room), "over"))
                    {
                        model.Delete();
                    }

                    break;
                case Act.Leave:
                    await client.LeaveAsync();
                    break;
                case Act.Resume:
                    await client.ComeBackAsync(server, model.Log.Count, story);
                    break;
            }
        }

        // It comes back for the last time, and has all there is.
        await PublishAsync();
        await client.ComeBackAsync(server, model.Log.Count, story);
        Assert.True(model.Log.SequenceEqual((await server.LogAsync(Room)).Select(static entry => entry.N)), story);
        await client.CheckAsync(model.Log, lives, story);
        await client.LeaveAsync();

        async Task PublishAsync()
        {
            var published = await server.PublishAsync(Room, ++number);
            model.Log.Add(number);
            Assert.Equal(model.Log.Count, published.Offset);

            // One life has one epoch, through every restart.
            Assert.True(lives.TryAdd(model.Life, published.Epoch!) || lives[model.Life] == published.Epoch, story);
        }
    }

    /// <summary>A client that keeps its position and what it heard, and loses its line now and then.</summary>
    private sealed class Client
    {
        private readonly List<(string Epoch, long Offset, int N)> _heard = [];
        private LiveClient? _line;
        private (string Epoch, long Offset)? _position;

        public async Task ComeBackAsync(LogServer server, int newest, string story)
        {
            await LeaveAsync();
            _line = await server.ConnectAsync();
            var ack = (await _line.JoinAsync(Room, _position)).Payload;
            var (epoch, offset) = (ack.GetProperty("epoch").GetString()!, ack.GetProperty("offset").GetInt64());
            Assert.True(offset == newest, story);

            // Everything is within the limits: in the same life nothing may be lost, and in another one nothing may be pretended.
            Assert.True(ack.GetProperty("recovered").GetBoolean() == (_position?.Epoch == epoch), story);
            _position = _position?.Epoch == epoch ? _position : (epoch, offset);
        }

        public async Task LeaveAsync()
        {
            if (_line is null)
            {
                return;
            }

            await _line.RequestAsync("ping");
            Take();
            await _line.DisposeAsync();
            _line = null;
        }

        public async Task CheckAsync(List<int> log, Dictionary<int, string> lives, string story)
        {
            await _line!.RequestAsync("ping");
            await Eventually.True(() => _line.Log.Where(static message => message.Type == "chat").Select(static message => message.Offset).LastOrDefault(_position!.Value.Offset) == log.Count, what: story);
            Take();
            foreach (var ofLife in _heard.GroupBy(static message => message.Epoch))
            {
                // Without a gap, without a double, in order.
                Assert.True(ofLife.Select(static message => message.Offset).SequenceEqual(Enumerable.Range((int)ofLife.First().Offset, ofLife.Count()).Select(static n => (long)n)), story);
            }

            var now = lives[lives.Keys.Max()];
            Assert.All(_heard.Where(message => message.Epoch == now), message => Assert.Equal(log[(int)message.Offset - 1], message.N));
        }

        private void Take()
        {
            // A line may have heard of the old life after its room was deleted, or not: its position is what it heard last.
            foreach (var message in _line!.Log.Where(static message => message.Type == "chat"))
            {
                _heard.Add((message.Epoch!, message.Offset!.Value, message.Payload.GetProperty("n").GetInt32()));
                _position = (message.Epoch!, message.Offset.Value);
            }
        }
    }
}
