using System.Text;
using Causeway.Testing;

namespace Causeway.WebSockets.Tests;

public sealed class MessageReaderTests
{
    private const int Max = 65_536;

    [Fact]
    public void GetBuffer_Fresh_HoldsFourKilobytes()
    {
        using var reader = new MessageReader(Max);
        Assert.Equal(0, reader.BytesHeld);

        Assert.Equal(4096, reader.GetBuffer().Length);
    }

    [Fact]
    public void GetBuffer_HugeClaim_GrowsOnlyWithBytesReceived()
    {
        using var reader = new MessageReader(1 << 24);
        Receive(reader, new WireFrame(WireOpcode.Binary, []) { ClaimedLength = 1 << 24 }.Encode());
        Assert.Equal(ReadStatus.NeedMore, reader.TryRead(out _));
        Assert.Equal(4096, reader.BytesHeld);

        for (var received = 14; received < 100_000; received += 1000)
        {
            Receive(reader, new byte[1000]);
            Assert.Equal(ReadStatus.NeedMore, reader.TryRead(out _));
            Assert.InRange(reader.BytesHeld, 4096, Math.Max(4096, 2 * (received + 1000)));
        }
    }

    [Fact]
    public void GetBuffer_WholeFrameUnread_NeverGrowsPastTheLimit()
    {
        using var reader = new MessageReader(1000);
        var room = reader.GetBuffer();
        Assert.Equal(1000 + 14, room.Length);
        reader.Advance(room.Length);

        Assert.Throws<InvalidOperationException>(() => reader.GetBuffer());
    }

    [Fact]
    public void Advance_MoreThanTheRoom_Throws()
    {
        using var reader = new MessageReader(Max);
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Advance(1));
        var room = reader.GetBuffer().Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.Advance(-1));
    }

    [Fact]
    public void ReleaseIfIdle_NothingPartial_HoldsNothing()
    {
        using var reader = new MessageReader(Max);
        Receive(reader, WireFrame.OfText("Hello").Encode());
        Assert.Equal(ReadStatus.Message, reader.TryRead(out _));
        Assert.Equal(ReadStatus.NeedMore, reader.TryRead(out _));

        reader.ReleaseIfIdle();

        Assert.Equal(0, reader.BytesHeld);
    }

    [Fact]
    public void ReleaseIfIdle_HalfAFrame_KeepsIt()
    {
        using var reader = new MessageReader(Max);
        var frame = WireFrame.OfText("Hello").Encode();
        Receive(reader, frame.AsSpan(..7));
        Assert.Equal(ReadStatus.NeedMore, reader.TryRead(out _));

        reader.ReleaseIfIdle();
        Receive(reader, frame.AsSpan(7..));

        Assert.Equal(ReadStatus.Message, reader.TryRead(out var message));
        Assert.Equal("Hello", Encoding.UTF8.GetString(message.Payload.Span));
    }

    [Fact]
    public void ReleaseIfIdle_BetweenFragments_KeepsOnlyTheMessage()
    {
        using var reader = new MessageReader(Max);
        Receive(reader, (WireFrame.OfText("Hel") with { Fin = false }).Encode());
        Assert.Equal(ReadStatus.NeedMore, reader.TryRead(out _));

        reader.ReleaseIfIdle();
        Assert.InRange(reader.BytesHeld, 1, 256);
        Receive(reader, new WireFrame(WireOpcode.Continuation, "lo"u8.ToArray()).Encode());

        Assert.Equal(ReadStatus.Message, reader.TryRead(out var message));
        Assert.Equal("Hello", Encoding.UTF8.GetString(message.Payload.Span));
        reader.ReleaseIfIdle();
        Assert.Equal(0, reader.BytesHeld);
    }

    [Fact]
    public void TryRead_SmallMessages_AllocateNothing()
    {
        using var reader = new MessageReader(Max);
        byte[] frames = [.. Enumerable.Range(0, 10).SelectMany(static _ => WireFrame.OfText(new string('x', 128)).Encode())];
        for (var warmUp = 0; warmUp < 50; warmUp++)
        {
            ReadTen();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadTen();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void ReadTen()
        {
            frames.CopyTo(reader.GetBuffer());
            reader.Advance(frames.Length);
            var count = 0;
            while (reader.TryRead(out var message) is ReadStatus.Message)
            {
                count += message.Payload.Length;
            }

            Assert.True(count == 1280);
            reader.ReleaseIfIdle();
        }
    }

    [Fact]
    public void TryRead_Close_GivesCodeAndReasonAndDropsTheRest()
    {
        using var reader = new MessageReader(Max);
        Receive(reader, [.. WireFrame.OfClose(4001, "tschüß").Encode(), .. WireFrame.OfText("late").Encode()]);

        Assert.Equal(ReadStatus.Message, reader.TryRead(out var message));
        Assert.Equal((Opcode.Close, (ushort)4001, "tschüß"), (message.Kind, message.CloseCode, message.CloseReason));
        Assert.Equal(ReadStatus.NeedMore, reader.TryRead(out _));
        reader.ReleaseIfIdle();
        Assert.Equal(0, reader.BytesHeld);
    }

    [Fact]
    public void TryRead_CloseWithoutPayload_IsCode1005()
    {
        using var reader = new MessageReader(Max);
        Receive(reader, new WireFrame(WireOpcode.Close, []).Encode());

        Assert.Equal(ReadStatus.Message, reader.TryRead(out var message));
        Assert.Equal((1005, ""), (message.CloseCode, message.CloseReason));
    }

    [Fact]
    public void TryRead_AfterAFailure_StaysFailedAndHoldsNothing()
    {
        using var reader = new MessageReader(Max);
        Receive(reader, [.. (WireFrame.OfText("Hel") with { Fin = false }).Encode(), .. WireFrame.OfText("new").Encode()]);
        Assert.Equal(ReadStatus.Failed, reader.TryRead(out _));
        Assert.Equal(0, reader.BytesHeld);

        Receive(reader, WireFrame.OfText("fine by itself").Encode());

        Assert.Equal(ReadStatus.Failed, reader.TryRead(out _));
        Assert.Equal(1002, reader.Failure!.CloseCode);
        Assert.True(FrameBuilder.BuildClose(reader.Failure.CloseCode, reader.Failure.Reason).Length <= 127);
    }

    [Theory]
    [InlineData(true, "8900", "unmasked ping to a server")]
    [InlineData(false, "898001020304", "masked ping to a client")]
    public void TryRead_MaskOfTheWrongSide_Fails(bool expectMasked, string hex, string what)
    {
        using var reader = new MessageReader(Max, expectMasked: expectMasked);
        Receive(reader, Convert.FromHexString(hex));

        Assert.True(reader.TryRead(out _) is ReadStatus.Failed, what);
        Assert.Equal(1002, reader.Failure!.CloseCode);
    }

    [Theory]
    [InlineData("C1", "a reserved bit")]
    [InlineData("83", "an unknown opcode")]
    [InlineData("09", "a fragmented ping")]
    [InlineData("80", "nothing to continue")]
    [InlineData("8101", "no mask")]
    [InlineData("89FE", "a ping too long")]
    [InlineData("81FE0001", "a length not in its shortest form")]
    [InlineData("81FF80", "the top bit of the length")]
    [InlineData("81FF0000000000010001", "too big")]
    public void TryRead_FaultInTheHeader_FailsAtThatVeryByte(string hex, string what)
    {
        using var reader = new MessageReader(Max);
        var bytes = Convert.FromHexString(hex);
        Receive(reader, bytes.AsSpan(..^1));
        Assert.True(reader.TryRead(out _) is ReadStatus.NeedMore, what);

        Receive(reader, bytes.AsSpan(^1..));

        Assert.True(reader.TryRead(out _) is ReadStatus.Failed, what);
    }

    [Fact]
    public void TryRead_CompressedNoiseOfTheLargestSize_IsNotTooBigForItsPacking()
    {
        using var reader = new MessageReader(Max, deflate: true);
        var noise = new byte[Max];
        new Random(7).NextBytes(noise);
        var deflated = WireFrame.Deflate(noise);
        Assert.True(deflated.Length > Max);
        Receive(reader, new WireFrame(WireOpcode.Binary, deflated) { Rsv = 4 }.Encode());

        Assert.Equal(ReadStatus.Message, reader.TryRead(out var message));
        Assert.Equal(noise, message.Payload.ToArray());
    }

    [Fact]
    public void TryRead_CompressedTorsoOfAnyLength_IsNeverTakenForTheWhole()
    {
        // A first byte of 0 alone is an empty message in its usual form, and the four bytes that every receiver appends may fill a stored block.
        byte[] stored = [0x00, 0x64, 0x00, 0x9b, 0xff, .. new byte[100]];
        AssertTorsos(stored, 2..^4);
        AssertTorsos(WireFrame.Deflate(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100)))), 0..^0);

        static void AssertTorsos(byte[] deflated, Range lengths)
        {
            var (first, count) = lengths.GetOffsetAndLength(deflated.Length);
            foreach (var length in Enumerable.Range(first, count))
            {
                using var reader = new MessageReader(Max, deflate: true);
                Receive(reader, new WireFrame(WireOpcode.Binary, deflated[..length]) { Rsv = 4 }.Encode());

                Assert.True(reader.TryRead(out _) is ReadStatus.Failed, $"{length} of {deflated.Length} bytes");
                Assert.Equal(1007, reader.Failure!.CloseCode);
            }
        }
    }

    [Fact]
    public void TryRead_Bomb_HoldsNoMoreThanTheLimit()
    {
        using var reader = new MessageReader(Max, deflate: true);
        var bomb = new WireFrame(WireOpcode.Text, WireFrame.Deflate(new byte[5_000_000])) { Rsv = 4 }.Encode();
        Assert.True(bomb.Length < Max);
        Receive(reader, bomb);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(ReadStatus.Failed, reader.TryRead(out _));

        Assert.Equal(1009, reader.Failure!.CloseCode);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * Max);
    }

    [Fact]
    public void Dispose_Twice_IsHarmlessAndFinal()
    {
        var reader = new MessageReader(Max);
        Receive(reader, WireFrame.OfText("Hello").Encode().AsSpan(..5));

        reader.Dispose();
        reader.Dispose();

        Assert.Equal(0, reader.BytesHeld);
        Assert.Throws<ObjectDisposedException>(() => reader.GetBuffer());
    }

    internal static void Receive(MessageReader reader, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = reader.GetBuffer().Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            reader.Advance(count);
            bytes = bytes[count..];
        }
    }
}
