using System.Text.Json;
using System.Text.Unicode;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Makes sure that a payload from code can go into an envelope: one bad payload would break every client of a room.</summary>
internal static class PublishedPayload
{
    /// <summary>Checks that it is a JSON object; turns line breaks between its tokens into spaces, so that it fits the one line of an event.</summary>
    public static ApiError? Check(ref ReadOnlyMemory<byte> payload)
    {
        if (!Utf8.IsValid(payload.Span))
        {
            // The JSON reader looks at strings only when they are asked for; a browser closes at the first bad byte.
            return Refusals.Invalid("payload", "UTF-8");
        }

        var reader = new Utf8JsonReader(payload.Span, new JsonReaderOptions { MaxDepth = 63 });
        try
        {
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return Refusals.Invalid("payload", "a JSON object");
            }

            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return Refusals.Invalid("payload", "a JSON object, nested at most 63 deep");
        }

        if (payload.Span.ContainsAny((byte)'\r', (byte)'\n'))
        {
            // A raw line break can't stand inside a string (RFC 8259 §7), so it is white space.
            var copy = payload.ToArray();
            copy.AsSpan().Replace((byte)'\n', (byte)' ');
            copy.AsSpan().Replace((byte)'\r', (byte)' ');
            payload = copy;
        }

        return null;
    }
}
