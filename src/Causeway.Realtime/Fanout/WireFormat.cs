using System.Globalization;
using System.Text;
using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>Puts an envelope into the form of a line.</summary>
internal static class WireFormat
{
    /// <summary>One message of the server's own.</summary>
    public static byte[] Encode(WireForm form, string type, ReadOnlySpan<byte> json, string? cursor = null) => form switch
    {
        WireForm.Frame or WireForm.DeflatedFrame => FrameBuilder.Build(Opcode.Text, json),
        WireForm.Event => Event(type, json, cursor, chunked: false),
        _ => Event(type, json, cursor, chunked: true),
    };

    /// <summary>Raw text of a stream: <c>retry:</c> lines and comments.</summary>
    public static byte[] Raw(WireForm form, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return form is WireForm.ChunkedEvent ? Chunk(bytes) : bytes;
    }

    public static byte[] Event(string type, ReadOnlySpan<byte> json, string? cursor, bool chunked)
    {
        var length = EventLength(type, json.Length, cursor);
        var bytes = new byte[chunked ? ChunkedLength(length) : length];
        WriteEvent(bytes, type, json, cursor, chunked);
        return bytes;
    }

    /// <summary>The bytes of one event, without chunk.</summary>
    public static int EventLength(string type, int jsonLength, string? cursor) =>
        (cursor is null ? 0 : "id: \n".Length + cursor.Length) + "event: \n".Length + type.Length + "data: \n\n".Length + jsonLength;

    /// <summary>The bytes of a chunk around so many.</summary>
    public static int ChunkedLength(int length) => HexDigits(length) + 2 + length + 2;

    /// <summary>Writes one event; the envelope holds no line break (the reader of envelopes sees to that).</summary>
    /// <returns>The bytes written.</returns>
    public static int WriteEvent(Span<byte> destination, string type, ReadOnlySpan<byte> json, string? cursor, bool chunked)
    {
        var rest = destination;
        if (chunked)
        {
            rest = PutChunkHead(rest, EventLength(type, json.Length, cursor));
        }

        if (cursor is not null)
        {
            rest = Put(rest, "id: "u8);
            rest = rest[Encoding.ASCII.GetBytes(cursor, rest)..];
            rest = Put(rest, "\n"u8);
        }

        rest = Put(rest, "event: "u8);
        rest = rest[Encoding.ASCII.GetBytes(type, rest)..];
        rest = Put(rest, "\ndata: "u8);
        rest = Put(rest, json);
        rest = Put(rest, "\n\n"u8);
        if (chunked)
        {
            rest = Put(rest, "\r\n"u8);
        }

        return destination.Length - rest.Length;
    }

    private static byte[] Chunk(ReadOnlySpan<byte> bytes)
    {
        var chunk = new byte[ChunkedLength(bytes.Length)];
        var rest = PutChunkHead(chunk, bytes.Length);
        rest = Put(rest, bytes);
        Put(rest, "\r\n"u8);
        return chunk;
    }

    // RFC 9112 §7.1
    private static Span<byte> PutChunkHead(Span<byte> destination, int length)
    {
        length.TryFormat(destination, out var written, "x", CultureInfo.InvariantCulture);
        return Put(destination[written..], "\r\n"u8);
    }

    private static Span<byte> Put(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return destination[bytes.Length..];
    }

    private static int HexDigits(int value)
    {
        var digits = 1;
        while ((value >>= 4) != 0)
        {
            digits++;
        }

        return digits;
    }
}
