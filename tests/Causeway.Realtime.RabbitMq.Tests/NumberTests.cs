using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.RabbitMq.Tests;

/// <summary>What is on the wire between releases, and how it is seen that something is missing.</summary>
public sealed class NumberTests
{
    private const ulong Self = 1;
    private const ulong Other = 2;

    [Theory]
    [InlineData("default", 45)]
    [InlineData("chat:one", 8)]
    [InlineData("chat:two", 40)]
    public void Shards_Of_IsTheSameInEveryRelease(string room, int shard) => Assert.Equal(shard, Shards.Of(RoomId.Parse(room)));

    [Fact]
    public void Listener_NumbersInOrder_MissesNothing()
    {
        var node = new Receiver();

        node.Take(new(FrameKind.Items, 3, Other, 1, 7), new(FrameKind.Items, 3, Other, 1, 8), new(FrameKind.Items, 4, Other, 1, 1), new(FrameKind.Items, 3, Other, 1, 9));

        Assert.Equal(0, node.Missed);
    }

    [Fact]
    public void Listener_Gap_IsMissed()
    {
        var node = new Receiver();

        node.Take(new(FrameKind.Items, 3, Other, 1, 7), new(FrameKind.Items, 3, Other, 1, 9));

        Assert.Equal(1, node.Missed);
    }

    [Fact]
    public void Listener_LastOfAShardIsMissing_TheBeatTells()
    {
        var node = new Receiver();
        node.Take(new FrameHeader(FrameKind.Items, 3, Other, 1, 7));

        node.TakeBeat(number: 1, shard: 3, last: 7);
        Assert.Equal(0, node.Missed);
        node.TakeBeat(number: 2, shard: 3, last: 8);
        Assert.Equal(1, node.Missed);
    }

    [Fact]
    public void Listener_AnotherSession_BeginsAnewAndTheOldOneIsHeardNoMore()
    {
        var node = new Receiver();

        node.Take(new(FrameKind.Items, 3, Other, 1, 7), new(FrameKind.Items, 3, Other, 2, 1), new(FrameKind.Items, 3, Other, 1, 8), new(FrameKind.Items, 3, Other, 2, 2));

        Assert.Equal(0, node.Missed);
        Assert.Equal(3, node.Items);
    }

    [Fact]
    public void Listener_OwnProbeIsMissing_IsMissed()
    {
        var node = new Receiver();

        node.Take(new(FrameKind.Probe, Shards.All, Self, 1, 1), new(FrameKind.Items, 3, Self, 1, 5), new(FrameKind.Probe, Shards.All, Self, 1, 2));
        Assert.Equal(0, node.Missed);
        node.Take(new FrameHeader(FrameKind.Probe, Shards.All, Self, 1, 4));

        Assert.Equal((1, 0), (node.Missed, node.Items));
    }

    [Fact]
    public void ShardSet_Written_IsReadAsItWas() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(
            Gen.Choose(0, Shards.All).ArrayOf().ToArbitrary(),
            static shards =>
            {
                var set = new ShardSet();
                Array.ForEach(shards, set.Add);
                var bytes = new byte[ShardSet.Bytes];
                set.Write(bytes);
                var read = ShardSet.Read(bytes);
                return Enumerable.Range(0, Shards.All + 1).All(shard => read.Contains(shard) == shards.Contains(shard)) && read.IsEmpty == (shards.Length == 0);
            }));

    [Fact]
    public void Confirms_AnyAnswers_WhatIsLeftIsWhatWasNotAnswered() => Check.One(
        Config.QuickThrowOnFailure,
        Prop.ForAll(
            Gen.Choose(0, 60).SelectMany(static first => Gen.Elements(true, false).Select(all => (Number: first, All: all))).ArrayOf().ToArbitrary(),
            static answers =>
            {
                var confirms = new Confirms(TimeProvider.System);
                var left = Enumerable.Range(1, 50).ToHashSet();
                foreach (var n in left)
                {
                    confirms.Add(n);
                }

                foreach (var (number, all) in answers)
                {
                    confirms.Remove((ulong)number, all);
                    left.RemoveWhere(n => all ? n <= number : n == number);
                }

                var isEmpty = confirms.IsEmpty;
                var lost = confirms.RemoveAll();
                return isEmpty == (left.Count == 0) && Enumerable.Range(0, Shards.All + 1).All(shard => lost.Contains(shard) == left.Contains(shard)) && confirms.IsEmpty;
            }));

    /// <summary>A listener, and what it said.</summary>
    private sealed class Receiver : IBackplaneReceiver
    {
        private readonly Listener _listener;

        public Receiver() => _listener = new Listener(this, Self, TimeProvider.System, new LogProbe().CreateFactory().CreateLogger("test"));

        public int Missed { get; private set; }

        public int Items { get; private set; }

        public void Take(params FrameHeader[] headers)
        {
            foreach (var header in headers)
            {
                var frame = new byte[FrameHeader.Bytes + sizeof(int)];
                header.Write(frame);
                _listener.Take(frame);
            }
        }

        public void TakeBeat(ulong number, int shard, ulong last)
        {
            var (changed, numbers, frame) = (new ShardSet(), new ulong[Shards.Count + 1], new byte[FrameHeader.Bytes + Beat.EntryBytes]);
            changed.Add(shard);
            numbers[shard] = last;
            new FrameHeader(FrameKind.Beat, Shards.All, Other, 1, number).Write(frame);
            Beat.Write(frame.AsSpan(FrameHeader.Bytes), changed, numbers);
            _listener.Take(frame);
        }

        void IBackplaneReceiver.Receive(ReadOnlySpan<byte> item) => Items++;

        void IBackplaneReceiver.Restored() => throw new InvalidOperationException();

        void IBackplaneReceiver.Missed(Predicate<RoomId> rooms) => Missed++;

        void IBackplaneReceiver.Interrupted() => throw new InvalidOperationException();
    }
}
