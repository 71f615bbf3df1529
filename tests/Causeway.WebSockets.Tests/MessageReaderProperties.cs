using System.Numerics;
using System.Text;
using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.WebSockets.Tests;

/// <summary>What must hold for any bytes, however they are framed, masked and cut.</summary>
public sealed class MessageReaderProperties
{
    private const int Max = 20_000;

    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(static b => (byte)b);

    private static readonly Gen<int> AnyLength = Gen.Frequency(
        (6, Gen.Choose(0, 200)), (2, Gen.Choose(0, Max)), (1, Gen.Elements(0, 125, 126, 127, 4082, 4083, 4096, Max - 1, Max)));

    private static readonly Gen<Sent> AnyMessage =
        from kind in Gen.Elements(WireOpcode.Text, WireOpcode.Binary, WireOpcode.Ping, WireOpcode.Pong)
        from length in kind is WireOpcode.Ping or WireOpcode.Pong ? Gen.Choose(0, 125) : AnyLength
        from seed in Gen.Choose(0, int.MaxValue)
        from cuts in Gen.Choose(0, 5).SelectMany(count => Gen.Choose(0, Math.Max(length, 1)).ArrayOf(count))
        from mask in AnyByte.ArrayOf(4)
        from deflated in Gen.Elements(true, false)
        select new Sent(kind, Payload(kind, length, seed), [.. cuts.Select(cut => Math.Min(cut, length)).Order()], mask, deflated);

    private static readonly Gen<Sent[]> AnyConversation = Gen.Choose(1, 6).SelectMany(count => AnyMessage.ArrayOf(count));

    private static readonly Gen<int[]> AnyChunks = Gen.OneOf(Gen.Constant<int[]>([1]), Gen.Constant<int[]>([int.MaxValue]), Gen.Choose(1, 5000).ArrayOf(8));

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void TryRead_AnyConversation_ComesBackWhole(bool masked, bool deflate) =>
        Prop.ForAll(AnyConversation.Zip(AnyChunks).ToArbitrary(), pair =>
        {
            var (messages, chunks) = pair;
            using var reader = new MessageReader(Max, deflate, expectMasked: masked);
            var read = new List<(byte Kind, string Hex)>();

            var failed = Feed(reader, [.. messages.SelectMany(m => m.Encode(masked, deflate))], chunks, message => read.Add(((byte)message.Kind, Convert.ToHexString(message.Payload.Span))));

            Assert.False(failed, reader.Failure?.Reason);
            Assert.Equal(messages.Select(static m => ((byte)m.Kind, Convert.ToHexString(m.Payload))), read);
            reader.ReleaseIfIdle();
            Assert.Equal(0, reader.BytesHeld);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void TryRead_FramesOfTheBuilder_ComeBack() =>
        Prop.ForAll(AnyConversation.Zip(AnyChunks).ToArbitrary(), pair =>
        {
            var (messages, chunks) = pair;
            using var reader = new MessageReader(Max, deflate: true, expectMasked: false);
            var read = new List<string>();
            var wire = messages.SelectMany(static m =>
                (m.Kind is WireOpcode.Text ? PermessageDeflate.TryBuildFrame(m.Payload) : null) ?? FrameBuilder.Build((Opcode)m.Kind, m.Payload));

            Assert.False(Feed(reader, [.. wire], chunks, message => read.Add(Convert.ToHexString(message.Payload.Span))));

            Assert.Equal(messages.Select(static m => Convert.ToHexString(m.Payload)), read);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryRead_RandomBytes_NeverThrowsNorHoldsTooMuch(bool deflate) =>
        Prop.ForAll(Gen.Choose(0, 400).SelectMany(length => AnyByte.ArrayOf(length)).Zip(AnyChunks).ToArbitrary(), pair =>
        {
            using var reader = new MessageReader(Max, deflate);
            AssertBounded(reader, pair.Item1, pair.Item2);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryRead_DamagedFrames_NeverThrowsNorHoldsTooMuch(bool deflate)
    {
        var damage = from at in Gen.Choose(0, int.MaxValue) from value in AnyByte select (At: at, Value: value);
        var cases = from messages in AnyConversation from damages in damage.ArrayOf(3) from chunks in AnyChunks select (messages, damages, chunks);
        Prop.ForAll(cases.ToArbitrary(), @case =>
        {
            byte[] wire = [.. @case.messages.SelectMany(m => m.Encode(masked: true, deflate))];
            foreach (var (at, value) in @case.damages)
            {
                wire[at % wire.Length] = value;
            }

            using var reader = new MessageReader(Max, deflate);
            AssertBounded(reader, wire, @case.chunks);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Apply_AnyPayload_IsXorWithTheRepeatedKey() =>
        Prop.ForAll(Gen.Choose(0, 300).SelectMany(length => AnyByte.ArrayOf(length)).Zip(AnyByte.ArrayOf(4)).ToArbitrary(), pair =>
        {
            var (payload, key) = pair;
            var masked = (byte[])payload.Clone();

            Masking.Apply(masked, key);

            Assert.Equal(payload.Select((b, i) => (byte)(b ^ key[i % 4])), masked);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static void AssertBounded(MessageReader reader, byte[] wire, int[] chunks)
    {
        var allowed = 3 * (int)BitOperations.RoundUpToPowerOf2(Max + (Max >> 3) + 64 + FrameHeader.MaxLength);
        var failed = Feed(reader, wire, chunks, message =>
        {
            Assert.True(message.Payload.Length <= Max);
            Assert.True(message.Kind is not Opcode.Text || System.Text.Unicode.Utf8.IsValid(message.Payload.Span));
            Assert.InRange(reader.BytesHeld, 0, allowed);
        });
        Assert.Equal(failed, reader.Failure is not null);
        Assert.True(reader.Failure is null or { CloseCode: 1002 or 1007 or 1009 });
    }

    /// <summary>Feeds bytes in chunks of the given sizes, over and over; true when the reader failed.</summary>
    private static bool Feed(MessageReader reader, ReadOnlySpan<byte> bytes, int[] chunks, Action<ReceivedMessage> take)
    {
        for (var turn = 0; !bytes.IsEmpty; turn++)
        {
            var room = reader.GetBuffer().Span;
            var count = Math.Min(Math.Min(room.Length, bytes.Length), chunks[turn % chunks.Length]);
            bytes[..count].CopyTo(room);
            reader.Advance(count);
            bytes = bytes[count..];
            ReadStatus status;
            while ((status = reader.TryRead(out var message)) is ReadStatus.Message)
            {
                take(message);
            }

            if (status is ReadStatus.Failed)
            {
                return true;
            }

            if (turn % 3 == 0)
            {
                reader.ReleaseIfIdle();
            }
        }

        return false;
    }

    private static byte[] Payload(WireOpcode kind, int length, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[length];
        if (kind is WireOpcode.Text)
        {
            // Of one to four bytes a character, filled up with spaces.
            bytes.AsSpan().Fill((byte)' ');
            string[] characters = ["a", "{", "ü", "€", "🚀"];
            for (var at = 0; at + 4 <= length;)
            {
                at += Encoding.UTF8.GetBytes(characters[random.Next(characters.Length)], bytes.AsSpan(at));
            }
        }
        else
        {
            random.NextBytes(bytes);
        }

        return bytes;
    }

    private sealed record Sent(WireOpcode Kind, byte[] Payload, int[] Cuts, byte[] Mask, bool Deflated)
    {
        public IEnumerable<byte> Encode(bool masked, bool deflate)
        {
            var mask = masked ? Mask : null;
            if (Kind is WireOpcode.Ping or WireOpcode.Pong)
            {
                return new WireFrame(Kind, Payload) { Mask = mask }.Encode();
            }

            var compressed = deflate && Deflated;
            var bytes = !compressed ? Payload : Payload.Length == 0 ? [0] : WireFrame.Deflate(Payload);
            int[] edges = [0, .. Cuts.Select(cut => Math.Min(cut, bytes.Length)), bytes.Length];
            return Enumerable.Range(0, edges.Length - 1).SelectMany(i => new WireFrame(i == 0 ? Kind : WireOpcode.Continuation, bytes[edges[i]..edges[i + 1]])
            {
                Fin = i == edges.Length - 2,
                Rsv = (byte)(compressed && i == 0 ? 4 : 0),
                Mask = mask,
            }.Encode());
        }
    }
}
