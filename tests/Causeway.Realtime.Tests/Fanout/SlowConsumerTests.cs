using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Realtime.Tests;

/// <summary>D6: what waits is bounded, in order, and accounted for.</summary>
public sealed class SlowConsumerTests
{
    private const int Bound = 4_096;
    private const string Room = "ns:x";

    /// <summary>A notice of what was dropped is written when the line is free, whatever waits.</summary>
    private const int Notice = 256;

    private sealed record Step(int Messages, int Padding, int Key, int Opened);

    [Fact]
    public async Task DropOldest_AnySequence_DeliveredAndDroppedAddUpInOrder() => await CheckAsync(SlowConsumerPolicy.DropOldest, static (core, line, published) =>
    {
        var last = 0L;
        var notices = new List<LiveMessage>();
        foreach (var message in OfTheRoom(line))
        {
            if (message.Type == "dropped")
            {
                notices.Add(message);
                continue;
            }

            var missing = message.Offset!.Value - last - 1;
            Assert.Equal(missing, notices.Sum(static notice => notice.Number("count")));
            if (missing > 0)
            {
                Assert.Equal(last + 1, notices[0].Number("from_offset"));
                Assert.Equal(message.Offset - 1, notices[^1].Number("to_offset"));
            }

            last = message.Offset.Value;
            notices.Clear();
        }

        Assert.Equal(published, last);
        Assert.Empty(notices);
    });

    [Fact]
    public async Task Conflate_AnySequence_TheNewestOfEachKeyArrivesInOrder() => await CheckAsync(SlowConsumerPolicy.Conflate, static (core, line, published) =>
    {
        var delivered = line.Offsets.ToList();
        Assert.Equal(delivered.Order().Distinct(), delivered);

        // A hole must have been told by the time that a message beyond it arrives.
        long told = 0, missing = 0, last = 0;
        foreach (var message in OfTheRoom(line))
        {
            if (message.Type == "dropped")
            {
                told += message.Number("count");
                Assert.InRange(message.Number("from_offset"), 1, message.Number("to_offset"));
                Assert.True(message.Number("to_offset") - message.Number("from_offset") + 1 >= message.Number("count"));
                Assert.DoesNotContain(message.Number("from_offset"), delivered);
                Assert.DoesNotContain(message.Number("to_offset"), delivered);
                continue;
            }

            missing += message.Offset!.Value - last - 1;
            last = message.Offset.Value;
            Assert.True(told >= missing);
        }

        Assert.Equal(published, delivered.Count + told);
        var newest = core.Read(Room, 0, null, 100_000)!
            .Select(static message => (message.Offset, Key: JsonElement.Parse(message.Json.Span).GetProperty("payload").GetProperty("n").GetInt32()))
            .GroupBy(static message => message.Key)
            .Select(static group => group.Max(static message => message.Offset));
        Assert.All(newest, offset => Assert.Contains(offset, delivered));
    });

    [Fact]
    public async Task Disconnect_AnySequence_DeliversAPrefixThen4008() => await CheckAsync(SlowConsumerPolicy.Disconnect, static (core, line, published) =>
    {
        var delivered = line.Offsets.ToList();
        Assert.Equal(Enumerable.Range(1, delivered.Count).Select(static n => (long)n), delivered);
        Assert.Equal(delivered.Count == published ? null : 4008, line.CloseCode);
    });

    [Fact]
    public async Task Disconnect_WhenFull_FinishesTheFrameAndDiscardsTheRest()
    {
        using var core = NewCore(SlowConsumerPolicy.Disconnect);
        var line = core.Connect();
        line.Join(Room);
        await core.SettleAsync();
        line.Outlet.Choke();
        line.Outlet.Open(100);
        for (var n = 1; n <= 5; n++)
        {
            core.Publish(Room, n, padding: 1_000);
            await core.SettleAsync();
        }

        Assert.Equal(1, core.Core.Metrics.SlowCloses);
        line.Outlet.Open();
        await core.SettleAsync();

        Assert.Equal([1], line.Offsets);
        Assert.Equal(4008, line.CloseCode);
    }

    [Fact]
    public async Task DropOldest_WithoutHistory_SaysHowManyButNotWhich()
    {
        using var core = new LoneCore(static options =>
        {
            options.BacklogBytes = Bound;
            options.Namespaces["ns"] = new() { History = 0, SlowConsumer = SlowConsumerPolicy.DropOldest };
        });
        var line = core.Connect();
        line.Join(Room);
        await core.SettleAsync();
        line.Outlet.Choke();
        for (var n = 1; n <= 100; n++)
        {
            core.Publish(Room, n, padding: 100);
        }

        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();

        var dropped = Assert.Single(line.Heard, static message => message.Type == "dropped");
        Assert.Equal(Room, dropped.Text("room_id"));
        Assert.True(dropped.IsNull("from_offset"));
        Assert.True(dropped.IsNull("to_offset"));
        Assert.Equal(100, line.Heard.Count(static message => message.Type == "chat") + dropped.Number("count"));
    }

    [Fact]
    public async Task DropOldest_BacklogFullOfAnotherRoom_DropsWhatJustCameAndSaysSo()
    {
        using var core = NewCore(SlowConsumerPolicy.DropOldest);
        var line = core.Connect();
        line.Join("ns:full");
        line.Join("ns:late");
        await core.SettleAsync();
        line.Outlet.Choke();
        for (var n = 0; n < 30; n++)
        {
            core.Publish("ns:full", n, padding: 100);
        }

        await core.SettleAsync();
        core.Publish("ns:late", 1, padding: 3_500);
        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();

        Assert.Equal(1, core.Core.Rooms.Find(RoomId.Parse("ns:late"))!.Dropped);
        Assert.Equal(1, line.Heard.Single(static message => message.Type == "dropped" && message.Text("room_id") == "ns:late").Number("count"));
        core.Publish("ns:late", 2);
        await core.SettleAsync();
        Assert.Equal(2, line.Heard[^1].Offset);
    }

    [Fact]
    public async Task DropOldest_JoinsAgainWithSince_GetsAllFromTheLogAndNoNotice()
    {
        using var core = NewCore(SlowConsumerPolicy.DropOldest);
        var line = core.Connect();
        line.Join(Room);
        await core.SettleAsync();
        var epoch = line.Heard[0].Text("epoch")!;
        line.Outlet.Choke();
        for (var n = 1; n <= 100; n++)
        {
            core.Publish(Room, n, padding: 100);
        }

        await core.SettleAsync();
        Assert.True(line.Connection.Dropped > 0);
        line.Join(Room, (epoch, 1));
        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();

        line.Outlet.Choke();
        core.Publish(Room, 101);
        core.Publish(Room, 102);
        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();

        Assert.DoesNotContain(line.Heard, static message => message.Type == "dropped");
        Assert.Equal(Enumerable.Range(1, 102).Select(static n => (long)n), line.Offsets);
    }

    [Fact]
    public async Task Replay_JoinsAgainAtTheNewestMeanwhile_DoublesNothing()
    {
        using var core = NewCore(SlowConsumerPolicy.Disconnect);
        core.Publish(Room, 1, padding: 1_000);
        core.Publish(Room, 2, padding: 1_000);
        var line = core.Connect();
        await core.SettleAsync();
        line.Outlet.Choke();
        line.Outlet.Open(600);
        line.Join(Room, history: 2);
        await core.SettleAsync();

        line.Join(Room, (core.Core.Rooms.Find(RoomId.Parse(Room))!.Epoch!, 2));
        await core.SettleAsync();
        core.Publish(Room, 3);
        core.Publish(Room, 4);
        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();
        core.Publish(Room, 5);
        await core.SettleAsync();

        Assert.Equal([1, 3, 4, 5], line.Offsets);
    }

    [Fact]
    public async Task Replay_EphemeralMeanwhile_IsHeardAtOnce()
    {
        using var core = NewCore(SlowConsumerPolicy.Disconnect);
        for (var n = 1; n <= 40; n++)
        {
            core.Publish(Room, n, padding: 1_000);
        }

        var line = core.Connect();
        await core.SettleAsync();
        line.Outlet.Choke();
        line.Outlet.Open(2_000);
        line.Join(Room, history: 40);
        await core.SettleAsync();
        await core.Core.Rooms.PublishAsync(RoomId.Parse(Room), "seen", "{}"u8.ToArray(), new PublishOptions { Ephemeral = true });
        core.Publish(Room, 41);
        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();

        Assert.Equal(Enumerable.Range(1, 41).Select(static n => (long)n), line.Offsets);
        Assert.InRange(line.Heard.ToList().FindIndex(static message => message.Type == "seen"), 1, 5);
        Assert.Single(line.Heard, static message => message.Type == "seen");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Replay_OfWhatTheRoomsLoopHasYetToHandOut_DoublesAndLosesNothing(int blocked)
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "It takes a loop that is held up and one that is not.");
        foreach (var room in new[] { "ns:1", "ns:2", "ns:3", "ns:4" })
        {
            using var core = NewCore(SlowConsumerPolicy.Disconnect);
            var lines = new[] { core.Connect(), core.Connect() };
            var (stuck, reader) = lines[0].Connection.Loop.Index == blocked ? (lines[0], lines[1]) : (lines[1], lines[0]);
            core.Publish(room, 1, padding: 1_000);
            await core.SettleAsync();
            reader.Outlet.Choke();
            reader.Outlet.Open(600);
            reader.Join(room, history: 1);
            await core.SettleAsync();

            // While the room's own loop is held up, what is published waits there, and the reader has it from the log.
            using var held = new SemaphoreSlim(0);
            stuck.Outlet.OnWrite = () => Assert.True(held.Wait(Limits.Test));
            stuck.Connection.Send([0]);
            core.Publish(room, 2);
            await core.Core.Rooms.PublishAsync(RoomId.Parse(room), "seen", "{}"u8.ToArray(), new PublishOptions { Ephemeral = true });
            core.Publish(room, 3);
            reader.Outlet.Open();
            await Eventually.True(() => reader.Offsets.Contains(3));
            held.Release(10);
            await core.SettleAsync();
            core.Publish(room, 4);
            await core.SettleAsync();

            // What the log does not have comes nevertheless.
            Assert.Equal([1, 2, 3, 4], reader.Offsets);
            Assert.Single(reader.Heard, static message => message.Type == "seen");
        }
    }

    [Fact]
    public async Task Conflate_KeysOfClients_AreTheirsOrTheType()
    {
        using var core = NewCore(SlowConsumerPolicy.Conflate);
        var slow = core.Connect();
        var ann = core.Connect("ann");
        var bob = core.Connect("bob");
        foreach (var line in new[] { slow, ann, bob })
        {
            line.Join(Room);
        }

        await core.SettleAsync();
        slow.Outlet.Choke();
        var pad = new JsonObject { ["pad"] = new string('x', 500) };
        for (var n = 1; n <= 20; n++)
        {
            ann.Say("move", Room, pad.DeepClone().AsObject(), conflateKey: "piece");
            ann.Say("chat", Room, pad.DeepClone().AsObject());
            ann.Say("typing", Room, new() { ["is_typing"] = n % 2 == 0 });
            bob.Say("typing", Room, new() { ["is_typing"] = n % 2 == 1 });
        }

        await core.SettleAsync();
        slow.Outlet.Open();
        await core.SettleAsync();

        Assert.Null(slow.CloseCode);
        var last = slow.Heard.Where(static message => message.Type != "dropped").TakeLast(4)
            .Select(static message => message.Type is "typing" ? $"{message.Json.GetProperty("from").GetProperty("user_id")} {message.Flag("is_typing")}" : message.Type);
        Assert.Equal(["move", "chat", "ann True", "bob False"], last);
    }

    [Fact]
    public async Task Answers_ThatDoNotFit_CloseWith4008()
    {
        using var core = NewCore(SlowConsumerPolicy.DropOldest);
        var line = core.Connect();
        await core.SettleAsync();
        line.Outlet.Choke();

        for (var n = 0; n < 200; n++)
        {
            line.Say("ping", reference: $"{n}");
        }

        await core.SettleAsync();
        line.Outlet.Open();
        await core.SettleAsync();

        Assert.Equal(4008, line.CloseCode);
        Assert.Equal(1, core.Core.Metrics.SlowCloses);
    }

    [Theory]
    [InlineData(SlowConsumerPolicy.Disconnect)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.Conflate)]
    public async Task Replay_OvertakenByRetention_FollowsThePolicy(SlowConsumerPolicy policy)
    {
        using var core = new LoneCore(options => options.Namespaces["ns"] = new() { History = 10, SlowConsumer = policy });
        for (var n = 1; n <= 10; n++)
        {
            core.Publish(Room, n, padding: 1_000);
        }

        var line = core.Connect();
        await core.SettleAsync();
        line.Outlet.Choke();
        line.Outlet.Open(1_500);
        line.Join(Room, history: 10);
        await core.SettleAsync();
        for (var n = 11; n <= 25; n++)
        {
            core.Publish(Room, n);
        }

        await core.SettleAsync();
        for (var i = 0; i < 300; i++)
        {
            // In drops, so that the notice itself is cut as well.
            line.Outlet.Open(50);
            await core.SettleAsync();
        }

        var offsets = line.Offsets.ToList();
        if (policy is SlowConsumerPolicy.Disconnect)
        {
            Assert.Equal(4008, line.CloseCode);
            Assert.Equal(1, core.Core.Rooms.Find(RoomId.Parse(Room))!.SlowCloses);
        }
        else
        {
            var dropped = line.Heard.Single(static message => message.Type == "dropped");
            Assert.Equal(Enumerable.Range(16, 10).Select(static n => (long)n), offsets.TakeLast(10));
            Assert.Equal(25, offsets.Count + dropped.Number("count"));
            Assert.Equal((offsets[^11] + 1, 15), (dropped.Number("from_offset"), dropped.Number("to_offset")));
        }
    }

    [Fact]
    public async Task Stream_ServersOwn_KeepsOrderAndBound()
    {
        using var core = NewCore(SlowConsumerPolicy.DropOldest);
        var line = core.Connect(bypassesServer: false);
        line.Join(Room);
        await core.SettleAsync();
        line.Outlet.Choke();
        for (var n = 0; n < 100; n++)
        {
            core.Publish(Room, n, padding: 100);
            await core.SettleAsync();
        }

        Assert.InRange(line.Connection.Sender.WaitingBytes, 1, Bound);
        line.Outlet.Open();
        await core.SettleAsync();

        var offsets = line.Offsets.ToList();
        Assert.Equal(offsets.Order().Distinct(), offsets);
        Assert.Equal(100, offsets.Count + line.Heard.Where(static message => message.Type == "dropped").Sum(static message => message.Number("count")));
        Assert.Equal(0, line.Connection.Sender.WaitingBytes);
    }

    [Fact]
    public async Task Write_ThatFails_EndsTheLine()
    {
        using var core = NewCore(SlowConsumerPolicy.Disconnect);
        var line = core.Connect();
        line.Join(Room);
        await core.SettleAsync();
        line.Outlet.Choke();
        core.Publish(Room, 1);
        await core.SettleAsync();

        line.Outlet.Reset();
        core.Publish(Room, 2);
        await core.SettleAsync();

        Assert.True(line.Connection.HasEnded);
        Assert.Equal((0, 0), (core.Core.Connections.Count, core.Core.Metrics.BacklogBytes));
    }

    private static LoneCore NewCore(SlowConsumerPolicy policy) => new(options =>
    {
        options.BacklogBytes = Bound;
        options.Namespaces["ns"] = new() { SlowConsumer = policy, History = 100_000 };
    });

    private static IEnumerable<LiveMessage> OfTheRoom(TestLine line) => line.Heard.Where(static message => message.Type is "chat" or "dropped");

    private static async Task CheckAsync(SlowConsumerPolicy policy, Action<LoneCore, TestLine, long> verify)
    {
        var step =
            from messages in Gen.Choose(0, 12)
            from padding in Gen.Choose(0, 500)
            from key in Gen.Choose(0, 3)
            from opened in Gen.Frequency((2, Gen.Constant(0)), (2, Gen.Choose(1, 300)), (1, Gen.Choose(300, 9_000)))
            select new Step(messages, padding, key, opened);
        var property = Prop.ForAll(step.ToArbitrary().Array(), async steps =>
        {
            using var core = NewCore(policy);
            var line = core.Connect();
            line.Join(Room);
            await core.SettleAsync();
            line.Outlet.Choke();
            var published = 0L;
            foreach (var next in steps)
            {
                for (var i = 0; i < next.Messages; i++)
                {
                    core.Publish(Room, (next.Key + i) % 4, $"k{(next.Key + i) % 4}", next.Padding);
                    published++;
                }

                await core.SettleAsync();
                line.Outlet.Open(next.Opened);
                await core.SettleAsync();
                Assert.InRange(line.Connection.Sender.WaitingBytes, 0, Bound + Notice);
                Assert.Equal(line.Connection.Sender.WaitingBytes, core.Core.Metrics.BacklogBytes);
            }

            line.Outlet.Open();
            await core.SettleAsync();
            Assert.Equal(0, core.Core.Metrics.BacklogBytes);
            var told = line.Heard.Where(static message => message.Type == "dropped").Sum(static message => message.Number("count"));
            Assert.Equal(told, core.Core.Metrics.Dropped);
            Assert.Equal(told, core.Core.Rooms.Find(RoomId.Parse(Room))?.Dropped ?? 0);
            Assert.Equal(told, line.Connection.Dropped);
            Assert.Equal(line.CloseCode is null ? 0 : 1, core.Core.Metrics.SlowCloses);
            verify(core, line, published);
            core.Logs.AssertQuiet();
        });
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(40), property), TestContext.Current.CancellationToken).Within();
    }
}
