using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Causeway.Streams;

/// <summary>Writes events as they stand on the wire (WHATWG HTML §9.2).</summary>
internal static class EventText
{
    private const int MaxExcerpt = 256;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What keeps a silent line alive.</summary>
    public static ReadOnlySpan<byte> Comment => ":\n\n"u8;

    /// <summary>A line, as a plain message.</summary>
    public static void WriteLine(IBufferWriter<byte> output, ReadOnlySpan<byte> line, in EventId id)
    {
        output.Write("data: "u8);

        // A lone carriage return would end the data line; in JSON it is mere space.
        var rest = line;
        while (rest.IndexOf((byte)'\r') is >= 0 and var at)
        {
            output.Write(rest[..at]);
            output.Write(" "u8);
            rest = rest[(at + 1)..];
        }

        output.Write(rest);
        output.Write("\n"u8);
        WriteId(output, id);
        output.Write("\n"u8);
    }

    public static void WriteInvalid(IBufferWriter<byte> output, ReadOnlySpan<byte> line, LineKind kind, long offset, in EventId id)
    {
        var excerpt = Encoding.UTF8.GetString(line[..Math.Min(line.Length, MaxExcerpt)]);
        var length = line.Length;
        Write(output, "invalid", id, json =>
        {
            json.WriteString("reason", kind == LineKind.NotUtf8 ? "not_utf8" : "not_json");
            json.WriteNumber("offset", offset);
            json.WriteNumber("bytes", length);
            json.WriteString("text", excerpt);
        });
    }

    public static void WriteSkipped(IBufferWriter<byte> output, long offset, long bytes, int limit, in EventId id) => Write(output, "skipped", id, json =>
    {
        json.WriteString("reason", "too_long");
        json.WriteNumber("offset", offset);
        json.WriteNumber("bytes", bytes);
        json.WriteNumber("max_line_bytes", limit);
    });

    /// <summary>An event of the stream itself.</summary>
    public static void Write(IBufferWriter<byte> output, string type, EventId? id, Action<Utf8JsonWriter> fields)
    {
        output.Write("event: "u8);
        output.Write(Encoding.ASCII.GetBytes(type));
        output.Write("\ndata: "u8);
        using (var json = new Utf8JsonWriter(output, Relaxed))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        if (id is { } known)
        {
            WriteId(output, known);
        }

        output.Write("\n"u8);
    }

    public static void WriteRetry(IBufferWriter<byte> output, TimeSpan after) =>
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)after.TotalMilliseconds}\n\n")));

    private static void WriteId(IBufferWriter<byte> output, in EventId id)
    {
        output.Write("id: "u8);
        output.Advance(id.Format(output.GetSpan(EventId.MaxLength)));
        output.Write("\n"u8);
    }
}
