using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Tests;

/// <summary>D7: the one cursor of a stream of several rooms loses and doubles nothing in any of them.</summary>
public sealed class StreamRecoveryTests
{
    private static readonly string[] Rooms = ["ns:a", "ns:b", "ns:c"];

    private enum Act
    {
        Publish,
        Ephemeral,
        Choke,
        Trickle,
        Open,
        Resume,
        Settle,
    }

    private sealed record Step(Act Act, int Room, int Amount);

    [Fact]
    public async Task Stream_AnyInterleaving_GetsEachRoomInOrderWithoutGapOrDouble()
    {
        var step =
            from act in Gen.Frequency(
                (8, Gen.Constant(Act.Publish)), (1, Gen.Constant(Act.Ephemeral)), (2, Gen.Constant(Act.Choke)), (4, Gen.Constant(Act.Trickle)),
                (2, Gen.Constant(Act.Open)), (3, Gen.Constant(Act.Resume)), (3, Gen.Constant(Act.Settle)))
            from room in Gen.Choose(0, 2)
            from amount in Gen.Choose(1, 20)
            select new Step(act, room, amount);
        var property = Prop.ForAll(step.ToArbitrary().Array(), Gen.Choose(1, 3).ToArbitrary(), RunAsync);

        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(80), property), TestContext.Current.CancellationToken).Within();
    }

    private static async Task RunAsync(Step[] steps, int count)
    {
        using var core = new LoneCore(static options =>
        {
            options.BacklogBytes = 8_192;
            options.Namespaces["ns"] = new() { History = 100_000 };
        });
        var rooms = Rooms[..count];
        foreach (var room in rooms)
        {
            core.Publish(room);
        }

        var reader = new Reader(core, rooms);
        await reader.ResumeAsync(long.MaxValue);
        foreach (var step in steps)
        {
            switch (step.Act)
            {
                case Act.Publish:
                    for (var i = 0; i < step.Amount; i++)
                    {
                        core.Publish(rooms[(step.Room + (i % 2)) % count], i, padding: i * 10);
                    }

                    break;
                case Act.Ephemeral:
                    await core.Core.Rooms.PublishAsync(RoomId.Parse(rooms[step.Room % count]), "seen", "{}"u8.ToArray(), new PublishOptions { Ephemeral = true });
                    break;
                case Act.Choke:
                    reader.Stream.Outlet.Choke();
                    break;
                case Act.Trickle:
                    reader.Stream.Outlet.Open(step.Amount * 53);
                    break;
                case Act.Open:
                    reader.Stream.Outlet.Open();
                    break;
                case Act.Resume:
                    await reader.ResumeAsync(step.Amount * 97);
                    break;
                default:
                    await core.SettleAsync();
                    break;
            }
        }

        await reader.ResumeAsync(long.MaxValue);
        Assert.All(rooms, room => Assert.Equal(core.Core.Rooms.Find(RoomId.Parse(room))!.Offset, reader.PositionIn(room)));
        core.Logs.AssertQuiet();
    }

    /// <summary>An EventSource: it keeps the last id it saw, and comes back with it.</summary>
    private sealed class Reader(LoneCore core, string[] rooms)
    {
        private readonly Dictionary<string, long> _positions = [];
        private string? _lastId;
        private int _taken;

        public TestStream Stream { get; private set; } = null!;

        public long PositionIn(string room) => _positions[room];

        public async Task ResumeAsync(long takes)
        {
            if (Stream is not null)
            {
                Take();
                Stream.Outlet.Reset();
                await core.SettleAsync();
            }

            (Stream, _taken) = (core.ConnectStream(rooms, _lastId, takes), 0);
            await core.SettleAsync();
            Take();
        }

        public void Take()
        {
            foreach (var (type, id, message) in Stream.Events.Skip(_taken))
            {
                _taken++;
                _lastId = id ?? _lastId;
                switch (type)
                {
                    case "connected":
                        Connected(id!);
                        break;
                    case "chat":
                        Assert.Equal(_positions[message.RoomId!] + 1, message.Offset);
                        _positions[message.RoomId!]++;
                        Assert.True(EventCursor.TryParse(id!, rooms.Length, out var positions));
                        Assert.Equal(rooms.Select(room => _positions[room]), positions.Select(static position => position!.Value.Offset));
                        break;
                    default:
                        Assert.Equal("seen", type);
                        Assert.Null(id);
                        break;
                }
            }
        }

        private void Connected(string cursor)
        {
            Assert.True(EventCursor.TryParse(cursor, rooms.Length, out var positions));
            for (var i = 0; i < rooms.Length; i++)
            {
                var offset = positions[i]!.Value.Offset;
                Assert.Equal(_positions.GetValueOrDefault(rooms[i], offset), offset);
                _positions[rooms[i]] = offset;
            }
        }
    }
}
