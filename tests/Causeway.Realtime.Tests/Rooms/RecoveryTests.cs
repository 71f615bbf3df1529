using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Tests;

/// <summary>D3: between log and live there is no gap and no double, whatever is published meanwhile.</summary>
public sealed class RecoveryTests
{
    private const string Room = "ns:x";

    [Fact]
    public async Task Seam_TenPublishersKeepOn_EveryClientSeesExactlyTheLog()
    {
        const int Publishers = 10;
        const int Clients = 12;
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["ns"] = new() { History = 100_000 });
        using var stop = new CancellationTokenSource();
        var publishing = Enumerable.Range(0, Publishers).Select(_ => Task.Run(async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested && n < 5_000; n++)
            {
                await server.PublishAsync(Room, n);
                await Task.Yield();
            }
        })).ToArray();
        var seen = Enumerable.Range(0, Clients).Select(static _ => new List<long>()).ToArray();
        await Task.WhenAll(seen.Select((offsets, n) => ComeAndGoAsync(server, offsets, n)));
        await stop.CancelAsync();
        await Task.WhenAll(publishing);

        Assert.All(seen, static offsets =>
        {
            Assert.True(offsets.Count > 100);
            Assert.Equal(Enumerable.Range((int)offsets[0], offsets.Count).Select(static n => (long)n), offsets);
        });
        server.Logs.AssertQuiet();
    }

    // What a client may do in any order, and what the server's line to it may do meanwhile.
    private enum Act
    {
        Publish,
        Speak,
        Join,
        JoinAgain,
        Leave,
        Cut,
        Resume,
        Choke,
        Trickle,
        Open,
        Settle,
    }

    private sealed record Step(Act Act, int Who, int Amount);

    [Fact]
    public async Task Members_AnyInterleaving_GetTheLogInOrderWithoutGapOrDouble()
    {
        var step =
            from act in Gen.Frequency(
                (8, Gen.Constant(Act.Publish)), (3, Gen.Constant(Act.Speak)), (3, Gen.Constant(Act.Join)), (2, Gen.Constant(Act.JoinAgain)),
                (1, Gen.Constant(Act.Leave)), (2, Gen.Constant(Act.Cut)), (4, Gen.Constant(Act.Resume)), (2, Gen.Constant(Act.Choke)),
                (3, Gen.Constant(Act.Trickle)), (2, Gen.Constant(Act.Open)), (3, Gen.Constant(Act.Settle)))
            from who in Gen.Choose(0, 2)
            from amount in Gen.Choose(1, 30)
            select new Step(act, who, amount);
        var property = Prop.ForAll(step.ToArbitrary().Array(), RunAsync);

        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(120), property), TestContext.Current.CancellationToken).Within();
    }

    private static async Task ComeAndGoAsync(LiveServer server, List<long> offsets, int n)
    {
        (string Epoch, long Offset)? position = null;
        for (var visit = 0; visit < 8; visit++)
        {
            var client = await server.ConnectAsync();
            var joined = await client.JoinAsync(Room, position);
            if (position is { } since)
            {
                Assert.True(joined.Flag("recovered"));
                Assert.Equal(joined.Number("offset") - since.Offset, joined.Number("replayed"));
            }
            else
            {
                position = joined.Position();
            }

            for (var i = 0; i < 20 + (7 * n); i++)
            {
                var message = await client.NextAsync("chat");
                offsets.Add(message.Offset!.Value);
            }

            position = (joined.Text("epoch")!, offsets[^1]);
            if (visit % 2 == 0)
            {
                client.Abort();
            }

            await client.DisposeAsync();
        }
    }

    private static async Task RunAsync(Step[] steps)
    {
        using var core = new LoneCore(static options =>
        {
            // So small that a reader who stops is soon closed as too slow: one more way to drop.
            options.BacklogBytes = 4_096;
            options.Namespaces["ns"] = new() { History = 100_000 };
        });

        // A log that holds nothing goes with its room's last member; one that holds a message stays.
        core.Publish(Room);
        var readers = new[] { new Reader(core), new Reader(core), new Reader(core) };
        foreach (var step in steps)
        {
            var reader = readers[step.Who];
            switch (step.Act)
            {
                case Act.Publish:
                    for (var i = 0; i < step.Amount; i++)
                    {
                        core.Publish(Room, i, padding: i * 10);
                    }

                    break;
                case Act.Settle:
                    await core.SettleAsync();
                    break;
                default:
                    await reader.ActAsync(step);
                    break;
            }
        }

        core.Publish(Room);
        var newest = core.Core.Rooms.Find(RoomId.Parse(Room))!.Offset!.Value;
        foreach (var reader in readers)
        {
            await reader.CatchUpAsync(newest);
        }

        Assert.Equal(0, core.Core.Metrics.BacklogBytes);
        core.Logs.AssertQuiet();
    }

    /// <summary>A client that keeps its place, and comes back to it.</summary>
    private sealed class Reader(LoneCore core)
    {
        private TestLine? _line;
        private string? _epoch;
        private long _position;
        private bool _joined;
        private int _taken;

        public async Task ActAsync(Step step)
        {
            switch (step.Act)
            {
                case Act.Speak when _joined:
                    _line!.Say("chat", Room);
                    break;
                case Act.Join when !_joined:
                    _line ??= core.Connect();
                    await StartAsync(null, step.Amount);
                    break;
                case Act.JoinAgain when _joined:
                    _line!.Join(Room);
                    break;
                case Act.Leave when _joined:
                    _line!.Say("leave_room", Room);
                    _line.Outlet.Open();
                    await core.SettleAsync();
                    Take();
                    (_joined, _epoch) = (false, null);
                    break;
                case Act.Cut when _line is not null:
                    _line.Cut();
                    await core.SettleAsync();
                    Drop();
                    break;
                case Act.Resume when _line is null && _epoch is not null:
                    _line = core.Connect();
                    await StartAsync((_epoch, _position), step.Amount);
                    break;
                case Act.Choke:
                    _line?.Outlet.Choke();
                    break;
                case Act.Trickle:
                    _line?.Outlet.Open(step.Amount * 37);
                    break;
                case Act.Open:
                    _line?.Outlet.Open();
                    break;
            }
        }

        public async Task CatchUpAsync(long newest)
        {
            if (_epoch is null)
            {
                return;
            }

            for (var visit = 0; _position < newest; visit++)
            {
                Assert.True(visit < 20, $"Stands still at {_position} of {newest}.");
                if (_line is null)
                {
                    _line = core.Connect();
                    await StartAsync((_epoch, _position), 1);
                }

                _line.Outlet.Open();
                await core.SettleAsync();
                Take();
            }
        }

        // The answer is waited for: what a client has not been told, it can't go on from.
        private async Task StartAsync((string Epoch, long Offset)? since, int amount)
        {
            var answers = Answers();
            _line!.Outlet.Choke();
            _line.Join(Room, since);
            _line.Outlet.Open(1_000 + (amount * 97));
            await core.SettleAsync();
            if (Answers() == answers)
            {
                _line.Cut();
                await core.SettleAsync();
                Drop();
                return;
            }

            var joined = _line.Heard.Last(static message => message.Ref == "join");
            Assert.Equal("ack", joined.Type);
            if (since is { } known)
            {
                Assert.True(joined.Flag("recovered"));
                Assert.Equal(joined.Number("offset") - known.Offset, joined.Number("replayed"));
            }
            else
            {
                (_epoch, _position) = joined.Position();
                _taken = _line.Offsets.Count(offset => offset <= _position);
            }

            _joined = true;
            Take();
        }

        private int Answers() => _line!.Heard.Count(static message => message.Ref == "join" && message.Type == "ack");

        private void Take()
        {
            foreach (var offset in _line!.Offsets.Skip(_taken))
            {
                Assert.Equal(_position + 1, offset);
                _position = offset;
                _taken++;
            }

            if (_line.CloseCode is not null || _line.Outlet.WasReset)
            {
                Assert.Equal(4008, _line.CloseCode ?? 4008);
                _line.Close();
                Drop();
            }
        }

        private void Drop()
        {
            if (_joined)
            {
                _joined = false;
                foreach (var offset in _line!.Offsets.Skip(_taken))
                {
                    Assert.Equal(_position + 1, offset);
                    _position = offset;
                }
            }

            (_line, _taken, _joined) = (null, 0, false);
        }
    }
}
