using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Causeway.Realtime;

/// <summary>Writes one of the server's own messages. One at a time on a thread: <see cref="Begin"/>, write the payload, <see cref="End"/>.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "A writer over a buffer holds nothing to give back.")]
internal sealed class MessageWriter
{
    private const int KeptBytes = 64 * 1024;

    [ThreadStatic]
    private static MessageWriter? _instance;

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private string _type = "";

    private MessageWriter() =>
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Inside the payload object.</summary>
    public Utf8JsonWriter Payload => _json;

    /// <summary>Starts a message and its payload object.</summary>
    public static MessageWriter Begin(string type, string? reference = null)
    {
        var writer = _instance ??= new MessageWriter();
        writer._type = type;
        writer._buffer.ResetWrittenCount();
        writer._json.Reset();
        writer._json.WriteStartObject();
        writer._json.WriteNumber("v"u8, 1);
        writer._json.WriteString("type"u8, type);
        if (reference is not null)
        {
            writer._json.WriteString("ref"u8, reference);
        }

        writer._json.WriteStartObject("payload"u8);
        return writer;
    }

    /// <summary>Ends payload and message.</summary>
    public byte[] End(WireForm form, string? cursor = null)
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        var bytes = WireFormat.Encode(form, _type, _buffer.WrittenSpan, cursor);
        if (_buffer.Capacity > KeptBytes)
        {
            _instance = null;
        }

        return bytes;
    }
}
