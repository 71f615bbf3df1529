using System.Buffers.Binary;

namespace Causeway.Bench.Load;

/// <summary>The head of one RFC 6455 frame, as little of it as a bench needs: no extension, no check of the rules.</summary>
internal readonly record struct WireFrame(byte Opcode, bool Masked, uint Mask, int HeaderLength, int PayloadLength)
{
    public const byte Text = 1;
    public const byte Close = 8;
    public const byte Ping = 9;
    public const byte Pong = 10;

    public int Length => HeaderLength + PayloadLength;

    public bool IsData => Opcode < Close;

    /// <returns>False when the head is not there in full.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out WireFrame frame)
    {
        frame = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        var masked = (bytes[1] & 0x80) != 0;
        var length = bytes[1] & 0x7F;
        var header = length switch { 126 => 4, 127 => 10, _ => 2 } + (masked ? 4 : 0);
        if (bytes.Length < header)
        {
            return false;
        }

        length = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            127 => checked((int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..])),
            _ => length,
        };
        var mask = masked ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[(header - 4)..]) : 0;
        frame = new WireFrame((byte)(bytes[0] & 0x0F), masked, mask, header, length);
        return true;
    }

    /// <summary>Writes a whole, final frame; a client's is masked.</summary>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> into, byte opcode, ReadOnlySpan<byte> payload, bool masked)
    {
        var header = WriteHeader(into, opcode, payload.Length);
        if (masked)
        {
            const uint mask = 0x5A17_C3E9;
            into[1] |= 0x80;
            BinaryPrimitives.WriteUInt32LittleEndian(into[header..], mask);
            header += 4;
            payload.CopyTo(into[header..]);
            Unmask(into.Slice(header, payload.Length), mask);
        }
        else
        {
            payload.CopyTo(into[header..]);
        }

        return header + payload.Length;
    }

    /// <summary>Writes the head of a whole, final frame without a mask.</summary>
    /// <returns>Its length.</returns>
    public static int WriteHeader(Span<byte> into, byte opcode, int payloadLength)
    {
        into[0] = (byte)(0x80 | opcode);
        if (payloadLength < 126)
        {
            into[1] = (byte)payloadLength;
            return 2;
        }

        if (payloadLength <= ushort.MaxValue)
        {
            into[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)payloadLength);
            return 4;
        }

        into[1] = 127;
        BinaryPrimitives.WriteUInt64BigEndian(into[2..], (ulong)payloadLength);
        return 10;
    }

    /// <summary>Masks or unmasks in place.</summary>
    public static void Unmask(Span<byte> payload, uint mask)
    {
        var wide = ((ulong)mask << 32) | mask;
        while (payload.Length >= 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(payload, BinaryPrimitives.ReadUInt64LittleEndian(payload) ^ wide);
            payload = payload[8..];
        }

        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= (byte)(mask >> (8 * (i & 3)));
        }
    }
}
