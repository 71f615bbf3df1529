using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.WebSockets.Tests;

/// <summary>Following frames without reading them: where one ends, and when a peer broke the rules.</summary>
public sealed class FrameTrackerTests
{
    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(static b => (byte)b);

    private static readonly Gen<WireFrame[]> AnyMessage = Gen.OneOf(
        from opcode in Gen.Elements(WireOpcode.Ping, WireOpcode.Pong) from payload in Payload(0, 125) select new[] { new WireFrame(opcode, payload) },
        from opcode in Gen.Elements(WireOpcode.Text, WireOpcode.Binary)
        from parts in Gen.Choose(1, 4).SelectMany(count => Gen.Frequency((5, Payload(0, 300)), (1, Payload(65_530, 65_540))).ArrayOf(count))
        from ping in Gen.Elements(true, false)
        select parts.SelectMany((part, i) => Fragment(opcode, part, i, parts.Length, ping)).ToArray());

    private static readonly Gen<WireFrame[]> AnyConversation =
        Gen.Choose(1, 5).SelectMany(count => AnyMessage.ArrayOf(count)).Select(static messages => messages.SelectMany(static frames => frames).ToArray());

    private static readonly Gen<int[]> AnyCuts = Gen.OneOf(Gen.Constant<int[]>([1]), Gen.Constant<int[]>([int.MaxValue]), Gen.Choose(1, 3000).ArrayOf(6));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Follow_AnyFramesInAnyPieces_KnowsEveryBoundary(bool masked) =>
        Prop.ForAll(AnyConversation.Zip(AnyCuts).ToArbitrary(), pair =>
        {
            var (frames, cuts) = pair;
            var wire = Encode(frames, masked);
            var boundaries = Boundaries(frames, masked);
            var tracker = new FrameTracker(masked, allowsReservedBits: false);

            for (int followed = 0, received = 0, turn = 0; followed < wire.Length; turn++)
            {
                received = (int)Math.Min(wire.Length, received + (long)cuts[turn % cuts.Length]);
                followed += tracker.Follow(wire.AsSpan(followed, received - followed));
                Assert.Null(tracker.Failure);
                Assert.Equal(boundaries.Contains(followed), tracker.IsAtBoundary);
                Assert.InRange(received - followed, 0, FrameTracker.MaxHeldBytes);
            }

            Assert.True(tracker.IsAtBoundary);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Follow_ToTheBoundary_StopsAtTheEndOfTheFrameUnderWay(bool masked) =>
        Prop.ForAll(AnyConversation.Zip(Gen.Choose(0, 100_000)).ToArbitrary(), pair =>
        {
            var (frames, at) = pair;
            var wire = Encode(frames, masked);
            var tracker = new FrameTracker(masked, allowsReservedBits: false);

            var followed = tracker.Follow(wire.AsSpan(0, at % (wire.Length + 1)));
            followed += tracker.Follow(wire.AsSpan(followed), stopAtBoundary: true);

            Assert.True(tracker.IsAtBoundary);
            Assert.Contains(followed, Boundaries(frames, masked));
            Assert.Equal(0, tracker.Follow(wire.AsSpan(followed), stopAtBoundary: true));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Follow_RandomBytes_NeverThrowsNorHoldsMuch(bool masked) =>
        Prop.ForAll(Gen.Choose(0, 400).SelectMany(length => AnyByte.ArrayOf(length)).ToArbitrary(), bytes =>
        {
            var tracker = new FrameTracker(masked, allowsReservedBits: true);

            var followed = tracker.Follow(bytes);

            Assert.True(tracker.Failure is not null || tracker.HasClosed || bytes.Length - followed <= FrameTracker.MaxHeldBytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Follow_CloseFrame_IsFollowedOnlyAsAWhole()
    {
        byte[] close = WireFrame.OfClose(4000, "done").Encode();
        var tracker = new FrameTracker(expectMasked: true, allowsReservedBits: false);

        Assert.Equal(0, tracker.Follow(close.AsSpan(..^1)));
        Assert.False(tracker.HasClosed);
        Assert.Equal(close.Length, tracker.Follow((byte[])[.. close, 1, 2, 3]));
        Assert.True(tracker.HasClosed);
    }

    [Fact]
    public void Follow_HugeFrame_IsNotTooBig()
    {
        var head = (new WireFrame(WireOpcode.Binary, []) { ClaimedLength = 5UL << 30 }).Encode();
        var tracker = new FrameTracker(expectMasked: true, allowsReservedBits: false);

        Assert.Equal(head.Length, tracker.Follow(head));
        Assert.False(tracker.IsAtBoundary);
        Assert.Null(tracker.Failure);
    }

    public static TheoryData<string, byte[]> Faults => new()
    {
        { "unmasked", (WireFrame.OfText("x") with { Mask = null }).Encode() },
        { "reserved opcode 3", new WireFrame((WireOpcode)3, []).Encode() },
        { "reserved opcode 11", new WireFrame((WireOpcode)11, []).Encode() },
        { "control over 125", new WireFrame(WireOpcode.Ping, new byte[126]).Encode() },
        { "fragmented control", (new WireFrame(WireOpcode.Ping, []) { Fin = false }).Encode() },
        { "reserved bit without an extension", (WireFrame.OfText("x") with { Rsv = 4 }).Encode() },
        { "continuation of nothing", new WireFrame(WireOpcode.Continuation, []).Encode() },
        { "text within a message", [.. (WireFrame.OfText("x") with { Fin = false }).Encode(), .. WireFrame.OfText("y").Encode()] },
        { "length with its top bit", (new WireFrame(WireOpcode.Binary, []) { LengthForm = LengthForm.Bits64, ClaimedLength = 1UL << 63 }).Encode() },
        { "length not in its shortest form", (WireFrame.OfText("x") with { LengthForm = LengthForm.Bits16 }).Encode() },
        { "close of one byte", new WireFrame(WireOpcode.Close, [3]).Encode() },
        { "close code 1005", WireFrame.OfClose(1005).Encode() },
        { "close code 1006", WireFrame.OfClose(1006).Encode() },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Follow_Fault_FailsAndIsNotFollowed(string what, byte[] wire)
    {
        byte[] before = WireFrame.OfText("fine").Encode();
        byte[] all = [.. before, .. wire];
        var tracker = new FrameTracker(expectMasked: true, allowsReservedBits: false);

        var followed = tracker.Follow(all);

        Assert.True(tracker.Failure is { CloseCode: 1002 }, what);
        Assert.InRange(followed, before.Length, all.Length - 2);
        Assert.True(tracker.IsAtBoundary);
        Assert.Equal(0, tracker.Follow(before));
    }

    [Fact]
    public void BuildMaskedClose_Twice_SaysTheSameUnderAnotherKey()
    {
        var first = FrameBuilder.BuildMaskedClose(1001, "going");
        var second = FrameBuilder.BuildMaskedClose(1001, "going");

        Assert.Equal(WireFrame.OfClose(1001, "going").Payload, Unmasked(first));
        Assert.Equal(Unmasked(first), Unmasked(second));
        Assert.NotEqual(first[2..6], second[2..6]);
        Assert.Equal([0x88, 0x80 | 7], first[..2]);

        static byte[] Unmasked(byte[] frame) => [.. frame[6..].Select((b, i) => (byte)(b ^ frame[2 + (i % 4)]))];
    }

    private static Gen<byte[]> Payload(int min, int max) => Gen.Choose(min, max).SelectMany(length => AnyByte.Select(value => Enumerable.Repeat(value, length).ToArray()));

    private static IEnumerable<WireFrame> Fragment(WireOpcode opcode, byte[] part, int index, int count, bool ping)
    {
        yield return new WireFrame(index == 0 ? opcode : WireOpcode.Continuation, part) { Fin = index == count - 1 };
        if (ping)
        {
            yield return new WireFrame(WireOpcode.Ping, [1, 2, 3]);
        }
    }

    private static byte[] Encode(WireFrame[] frames, bool masked) => [.. frames.SelectMany(frame => EncodeOne(frame, masked))];

    private static byte[] EncodeOne(WireFrame frame, bool masked) => (masked ? frame : frame with { Mask = null }).Encode();

    private static HashSet<int> Boundaries(WireFrame[] frames, bool masked)
    {
        var at = 0;
        return [0, .. frames.Select(frame => at += EncodeOne(frame, masked).Length)];
    }
}
