using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Causeway.Testing;

/// <summary>The opcodes of RFC 6455 §5.2.</summary>
public enum WireOpcode : byte
{
    /// <summary>The next part of a fragmented message.</summary>
    Continuation = 0x0,

    /// <summary>UTF-8.</summary>
    Text = 0x1,

    /// <summary>Bytes.</summary>
    Binary = 0x2,

    /// <summary>The closing handshake.</summary>
    Close = 0x8,

    /// <summary>Are you there?</summary>
    Ping = 0x9,

    /// <summary>Yes.</summary>
    Pong = 0xA,
}

/// <summary>How a frame's length is written.</summary>
public enum LengthForm
{
    /// <summary>The shortest, as the RFC demands.</summary>
    Minimal,

    /// <summary>16 bits, whether needed or not.</summary>
    Bits16,

    /// <summary>64 bits, whether needed or not.</summary>
    Bits64,
}

/// <summary>One WebSocket frame, valid or not: every bit can be set.</summary>
public sealed record WireFrame(WireOpcode Opcode, byte[] Payload)
{
    /// <summary>Whether it is the last of its message.</summary>
    public bool Fin { get; init; } = true;

    /// <summary>The three reserved bits: 4 is RSV1 (compressed), 2 RSV2, 1 RSV3.</summary>
    public byte Rsv { get; init; }

    /// <summary>The masking key, four bytes; null for an unmasked frame (which a client must not send).</summary>
    public byte[]? Mask { get; init; } = [0x37, 0xfa, 0x21, 0x3d];

    /// <summary>How the length is written.</summary>
    public LengthForm LengthForm { get; init; }

    /// <summary>The length to claim, where it is not the payload's own.</summary>
    public ulong? ClaimedLength { get; init; }

    /// <summary>The payload as text.</summary>
    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>A text frame.</summary>
    public static WireFrame OfText(string text) => new(WireOpcode.Text, Encoding.UTF8.GetBytes(text));

    /// <summary>A close frame.</summary>
    public static WireFrame OfClose(ushort code, string reason = "")
    {
        var payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return new WireFrame(WireOpcode.Close, payload);
    }

    /// <summary>The frame's bytes.</summary>
    public byte[] Encode()
    {
        var length = ClaimedLength ?? (ulong)Payload.Length;
        var form = LengthForm != LengthForm.Minimal ? LengthForm : length > ushort.MaxValue ? LengthForm.Bits64 : length > 125 ? LengthForm.Bits16 : LengthForm.Minimal;
        var header = new byte[2 + (form switch { LengthForm.Bits16 => 2, LengthForm.Bits64 => 8, _ => 0 }) + (Mask is null ? 0 : 4)];
        header[0] = (byte)((Fin ? 0x80 : 0) | (Rsv << 4) | (byte)Opcode);
        header[1] = (byte)(Mask is null ? 0 : 0x80);
        switch (form)
        {
            case LengthForm.Bits16:
                header[1] |= 126;
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)length);
                break;
            case LengthForm.Bits64:
                header[1] |= 127;
                BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(2), length);
                break;
            default:
                header[1] |= (byte)length;
                break;
        }

        Mask?.CopyTo(header, header.Length - 4);
        var frame = new byte[header.Length + Payload.Length];
        header.CopyTo(frame, 0);
        for (var i = 0; i < Payload.Length; i++)
        {
            frame[header.Length + i] = (byte)(Payload[i] ^ (Mask?[i % 4] ?? 0));
        }

        return frame;
    }

    /// <summary>The payload of a message that was compressed by permessage-deflate without context take-over.</summary>
    public byte[] Inflate()
    {
        using var compressed = new MemoryStream([.. Payload, 0x00, 0x00, 0xff, 0xff]);
        using var inflater = new DeflateStream(compressed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        inflater.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>Compresses a payload as permessage-deflate does, for a frame with <see cref="Rsv"/> 4.</summary>
    public static byte[] Deflate(ReadOnlySpan<byte> plain)
    {
        using var compressed = new MemoryStream();
        using (var deflater = new DeflateStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflater.Write(plain);
            deflater.Flush();

            // A sync flush ends with 00 00 ff ff, which is not sent (RFC 7692 §7.2.1); what disposing adds is cut too.
            return compressed.ToArray()[..^4];
        }
    }
}

/// <summary>How a WebSocket ended.</summary>
/// <param name="Code">The close code; 1005 where the frame has none, 1006 where there was no close frame.</param>
/// <param name="Reason">The reason as sent.</param>
public sealed record WireClose(int Code, string Reason)
{
    /// <summary>The line broke without a close frame.</summary>
    public static WireClose Broken { get; } = new(1006, "");

    internal static WireClose Of(WireFrame frame) => frame.Payload.Length < 2
        ? new WireClose(1005, "")
        : new WireClose(BinaryPrimitives.ReadUInt16BigEndian(frame.Payload), Encoding.UTF8.GetString(frame.Payload.AsSpan(2)));
}
