using System.Buffers.Binary;

namespace Causeway.WebSockets;

/// <summary>Follows the frames of one direction through whatever pieces they come in, without keeping or changing a byte, and knows where one ends.</summary>
/// <remarks>
/// For a relay: what was followed may be passed on as it is. A header is followed only when it is there in full and in order, a close frame only as a
/// whole; so what was passed on ends within a payload or between two frames, and where it ends between two, a control frame may be put in.
/// </remarks>
/// <param name="expectMasked">The frames are a client's.</param>
/// <param name="allowsReservedBits">An extension was negotiated, whose bits on data frames are not judged.</param>
public sealed class FrameTracker(bool expectMasked, bool allowsReservedBits)
{
    /// <summary>The most bytes of one call that may have to be shown again, with more behind them: a masked close frame.</summary>
    public const int MaxHeldBytes = 6 + MaxControlPayload;

    private const int MaxControlPayload = 125;
    private const int ReservedBits = 0x70;

    private ulong _payloadLeft;
    private bool _inMessage;

    /// <summary>Whether what was followed ends between two frames.</summary>
    public bool IsAtBoundary => _payloadLeft == 0;

    /// <summary>A close frame was followed. Nothing may come after it.</summary>
    public bool HasClosed { get; private set; }

    /// <summary>How the peer broke the protocol; null while it is in order. Final.</summary>
    public WebSocketFailure? Failure { get; private set; }

    /// <summary>Follows what came.</summary>
    /// <param name="bytes">The next bytes of the direction; those that were not followed last time come first.</param>
    /// <param name="stopAtBoundary">Follow no further than to the end of the frame that was begun.</param>
    /// <returns>How many bytes were followed. The rest is part of a header or of a close frame (at most <see cref="MaxHeldBytes"/>), or is behind a close frame, a failure or the boundary asked for.</returns>
    public int Follow(ReadOnlySpan<byte> bytes, bool stopAtBoundary = false)
    {
        var followed = 0;
        while (true)
        {
            var step = (int)Math.Min((ulong)(bytes.Length - followed), _payloadLeft);
            followed += step;
            _payloadLeft -= (ulong)step;
            if (_payloadLeft > 0 || followed == bytes.Length || stopAtBoundary || HasClosed || Failure is not null)
            {
                return followed;
            }

            var header = FollowHeader(bytes[followed..]);
            if (header == 0)
            {
                return followed;
            }

            followed += header;
        }
    }

    /// <returns>The bytes of the header, or of the whole frame where it is a close frame; 0 where they are not all there, or not in order.</returns>
    private int FollowHeader(ReadOnlySpan<byte> bytes)
    {
        var opcode = (Opcode)(bytes[0] & 0x0F);
        var isFinal = (bytes[0] & 0x80) != 0;
        Failure = JudgeFirstByte(bytes[0], opcode, isFinal);
        if (Failure is not null || bytes.Length < 2)
        {
            return 0;
        }

        var isMasked = (bytes[1] & 0x80) != 0;
        if (isMasked != expectMasked)
        {
            Failure = expectMasked ? Failures.Unmasked : Failures.Masked;
            return 0;
        }

        if (opcode >= Opcode.Close && (bytes[1] & 0x7F) > MaxControlPayload)
        {
            Failure = Failures.ControlTooLong;
            return 0;
        }

        var status = FrameHeader.TryReadLength(bytes[1..], out var payloadLength, out var lengthBytes, out var failure);
        Failure = failure;
        var header = 1 + lengthBytes + (expectMasked ? Masking.KeyLength : 0);
        if (status is not ReadStatus.Message || bytes.Length < header)
        {
            return 0;
        }

        if (opcode is Opcode.Close)
        {
            return FollowClose(bytes, header, (int)payloadLength);
        }

        if (opcode < Opcode.Close)
        {
            _inMessage = !isFinal;
        }

        _payloadLeft = payloadLength;
        return header;
    }

    private int FollowClose(ReadOnlySpan<byte> bytes, int header, int payloadLength)
    {
        if (payloadLength is 1)
        {
            Failure = Failures.ClosePayload;
            return 0;
        }

        if (bytes.Length < header + payloadLength)
        {
            return 0;
        }

        if (payloadLength > 0)
        {
            Span<byte> code = [bytes[header], bytes[header + 1]];
            if (expectMasked)
            {
                Masking.Apply(code, bytes.Slice(header - Masking.KeyLength, Masking.KeyLength));
            }

            if (!CloseCodes.IsAllowedOnWire(BinaryPrimitives.ReadUInt16BigEndian(code)))
            {
                Failure = Failures.CloseCode;
                return 0;
            }
        }

        HasClosed = true;
        return header + payloadLength;
    }

    private WebSocketFailure? JudgeFirstByte(byte first, Opcode opcode, bool isFinal) => opcode switch
    {
        > Opcode.Binary and < Opcode.Close or > Opcode.Pong => Failures.UnknownOpcode,
        _ when (first & ReservedBits) != 0 && !(allowsReservedBits && opcode < Opcode.Close) => Failures.ReservedBit,
        >= Opcode.Close => isFinal ? null : Failures.FragmentedControl,
        Opcode.Continuation => _inMessage ? null : Failures.NothingToContinue,
        _ => _inMessage ? Failures.MessageUnfinished : null,
    };
}
