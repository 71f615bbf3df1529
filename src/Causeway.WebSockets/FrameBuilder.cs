using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Unicode;

namespace Causeway.WebSockets;

/// <summary>Builds frames, whole (never fragmented). A server's are unmasked, so that the same bytes suit every receiver.</summary>
public static class FrameBuilder
{
    /// <summary>The longest header of an unmasked frame, in bytes.</summary>
    public const int MaxHeaderLength = 10;

    private const int MaxControlPayload = 125;
    private const byte Fin = 0x80;
    private const byte Rsv1 = 0x40;

    /// <summary>The header's size for a payload: 2, 4 or 10 bytes.</summary>
    public static int HeaderLength(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        return payloadLength <= 125 ? 2 : payloadLength <= ushort.MaxValue ? 4 : MaxHeaderLength;
    }

    /// <summary>Writes a frame's header.</summary>
    /// <param name="destination">At least <see cref="HeaderLength"/> bytes.</param>
    /// <param name="opcode">What the frame is.</param>
    /// <param name="payloadLength">Bytes that follow; at most 125 for a control frame.</param>
    /// <param name="compressed">The payload is deflated: sets RSV1 (RFC 7692). Data frames only.</param>
    /// <returns>The bytes written.</returns>
    public static int WriteHeader(Span<byte> destination, Opcode opcode, int payloadLength, bool compressed = false)
    {
        var length = HeaderLength(payloadLength);
        if (opcode >= Opcode.Close)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadLength, MaxControlPayload);
            if (compressed)
            {
                throw new ArgumentException("A control frame is never compressed.", nameof(compressed));
            }
        }

        destination[0] = (byte)(Fin | (compressed ? Rsv1 : 0) | (byte)opcode);
        switch (length)
        {
            case 2:
                destination[1] = (byte)payloadLength;
                break;
            case 4:
                destination[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)payloadLength);
                break;
            default:
                destination[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)payloadLength);
                break;
        }

        return length;
    }

    /// <summary>A whole frame in an array of its own.</summary>
    public static byte[] Build(Opcode opcode, ReadOnlySpan<byte> payload, bool compressed = false)
    {
        var frame = GC.AllocateUninitializedArray<byte>(HeaderLength(payload.Length) + payload.Length);
        var header = WriteHeader(frame, opcode, payload.Length, compressed);
        payload.CopyTo(frame.AsSpan(header));
        return frame;
    }

    /// <summary>A close frame.</summary>
    /// <param name="code">A code that may be sent: 1000–1003, 1007–1014 or 3000–4999.</param>
    /// <param name="reason">For a person; cut between characters to 123 bytes of UTF-8.</param>
    public static byte[] BuildClose(ushort code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!CloseCodes.IsAllowedOnWire(code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "Not a close code that may be sent.");
        }

        Span<byte> payload = stackalloc byte[MaxControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);

        // The encoder stops before the first character that does not fit, and replaces lone surrogates.
        Utf8.FromUtf16(reason, payload[2..], out _, out var written);
        return Build(Opcode.Close, payload[..(2 + written)]);
    }

    /// <summary>A client's close frame, masked with a key of its own that nobody can foretell.</summary>
    /// <param name="code">As in <see cref="BuildClose"/>.</param>
    /// <param name="reason">As in <see cref="BuildClose"/>.</param>
    public static byte[] BuildMaskedClose(ushort code, string reason)
    {
        const int Start = 2;
        var plain = BuildClose(code, reason);
        var frame = new byte[plain.Length + Masking.KeyLength];
        frame[0] = plain[0];
        frame[1] = (byte)(0x80 | plain[1]);
        var key = frame.AsSpan(Start, Masking.KeyLength);
        RandomNumberGenerator.Fill(key);
        var payload = frame.AsSpan(Start + Masking.KeyLength);
        plain.AsSpan(Start).CopyTo(payload);
        Masking.Apply(payload, key);
        return frame;
    }
}
