using System.Buffers.Binary;

namespace Causeway.WebSockets;

/// <summary>A received frame's header, judged. RFC 6455 §5.2.</summary>
internal readonly record struct FrameHeader(Opcode Opcode, bool IsFinal, bool IsCompressed, int Length, int PayloadLength)
{
    /// <summary>The longest header of a masked frame, in bytes.</summary>
    public const int MaxLength = 14;

    private const int MaxControlPayload = 125;

    public bool IsControl => Opcode >= Opcode.Close;

    /// <summary>Judges every part of a header as soon as its bytes are there, so that a faulty frame is refused before anything is kept for it.</summary>
    /// <param name="bytes">What was received, from the frame's first byte.</param>
    /// <param name="rules">What this connection allows now.</param>
    /// <param name="header">The header, when <see cref="ReadStatus.Message"/>.</param>
    /// <param name="failure">What is wrong, when <see cref="ReadStatus.Failed"/>.</param>
    public static ReadStatus TryRead(ReadOnlySpan<byte> bytes, in FrameRules rules, out FrameHeader header, out WebSocketFailure? failure)
    {
        header = default;
        failure = null;
        if (bytes.IsEmpty)
        {
            return ReadStatus.NeedMore;
        }

        var opcode = (Opcode)(bytes[0] & 0x0F);
        var isFinal = (bytes[0] & 0x80) != 0;
        var isCompressed = (bytes[0] & 0x40) != 0;
        failure = JudgeFirstByte(bytes[0], opcode, isFinal, rules);
        if (failure is not null)
        {
            return ReadStatus.Failed;
        }

        if (bytes.Length < 2)
        {
            return ReadStatus.NeedMore;
        }

        if ((bytes[1] & 0x80) != 0 != rules.ExpectMasked)
        {
            failure = rules.ExpectMasked ? Failures.Unmasked : Failures.Masked;
            return ReadStatus.Failed;
        }

        if (opcode >= Opcode.Close && (bytes[1] & 0x7F) > MaxControlPayload)
        {
            failure = Failures.ControlTooLong;
            return ReadStatus.Failed;
        }

        var status = TryReadLength(bytes[1..], out var payloadLength, out var lengthBytes, out failure);
        if (status is not ReadStatus.Message)
        {
            return status;
        }

        if (opcode < Opcode.Close && payloadLength > rules.RoomFor(opcode, isCompressed))
        {
            failure = Failures.TooBig;
            return ReadStatus.Failed;
        }

        var length = 1 + lengthBytes + (rules.ExpectMasked ? Masking.KeyLength : 0);
        if (bytes.Length < length)
        {
            return ReadStatus.NeedMore;
        }

        header = new FrameHeader(opcode, isFinal, isCompressed, length, (int)payloadLength);
        return ReadStatus.Message;
    }

    private static WebSocketFailure? JudgeFirstByte(byte first, Opcode opcode, bool isFinal, in FrameRules rules) => opcode switch
    {
        _ when (first & 0x30) != 0 => Failures.ReservedBit,
        > Opcode.Binary and < Opcode.Close or > Opcode.Pong => Failures.UnknownOpcode,
        _ when (first & 0x40) != 0 && !(rules.Deflate && opcode is Opcode.Text or Opcode.Binary) => Failures.ReservedBit,
        >= Opcode.Close => isFinal ? null : Failures.FragmentedControl,
        Opcode.Continuation => rules.InMessage ? null : Failures.NothingToContinue,
        _ => rules.InMessage ? Failures.MessageUnfinished : null,
    };

    /// <summary>Reads the 7, 7+16 or 7+64 bits of the length.</summary>
    public static ReadStatus TryReadLength(ReadOnlySpan<byte> bytes, out ulong length, out int lengthBytes, out WebSocketFailure? failure)
    {
        failure = null;
        length = (ulong)(bytes[0] & 0x7F);
        lengthBytes = length switch { 126 => 3, 127 => 9, _ => 1 };
        if (lengthBytes is 9 && bytes.Length > 1 && (bytes[1] & 0x80) != 0)
        {
            failure = Failures.LengthTopBit;
            return ReadStatus.Failed;
        }

        if (bytes.Length < lengthBytes)
        {
            return ReadStatus.NeedMore;
        }

        if (lengthBytes is 3)
        {
            length = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
            failure = length < 126 ? Failures.LengthNotMinimal : null;
        }
        else if (lengthBytes is 9)
        {
            length = BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]);
            failure = length <= ushort.MaxValue ? Failures.LengthNotMinimal : null;
        }

        return failure is null ? ReadStatus.Message : ReadStatus.Failed;
    }
}
