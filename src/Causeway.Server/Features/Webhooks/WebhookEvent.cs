using System.Buffers;
using System.Text.Json;

namespace Causeway.Server;

/// <summary>Something that happened, as endpoints are told of it.</summary>
/// <param name="Type">One of <see cref="WebhookEventTypes"/>.</param>
/// <param name="At">When.</param>
/// <param name="Data">What is to be known of it: a JSON object.</param>
internal sealed record WebhookEvent(string Type, DateTimeOffset At, string Data)
{
    /// <summary>The same in each sending of it: receivers tell by it what they have.</summary>
    public string Id { get; init; } = Guid.CreateVersion7(At).ToString();

    /// <summary>The room it belongs to; null for none.</summary>
    public string? Room { get; init; }

    /// <summary>Its place among the events of the same connection, or the message's offset; null for the number that the database gives it.</summary>
    public long? Sequence { get; init; }

    /// <summary>Whoever asked for events of this type is told; null for the event's own.</summary>
    public string? About { get; init; }

    /// <summary>The only endpoint to be told; null for all who asked for it.</summary>
    public string? Only { get; init; }

    /// <summary>The body of a request that tells of an event.</summary>
    /// <param name="id">The event's id.</param>
    /// <param name="type">Its type.</param>
    /// <param name="at">When it happened, in Unix milliseconds.</param>
    /// <param name="sequence">Its place among those of the same thing.</param>
    /// <param name="data">A JSON object.</param>
    public static byte[] Body(string id, string type, long at, long sequence, string data)
    {
        var bytes = new ArrayBufferWriter<byte>(data.Length + 256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("type"u8, type);
            json.WriteString("time"u8, Moments.From(at).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteNumber("sequence"u8, sequence);
            json.WritePropertyName("data"u8);
            json.WriteRawValue(data);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
