using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Reads a client's message in one pass over its bytes, building nothing but what is kept.</summary>
internal static class EnvelopeReader
{
    private static readonly byte[] EmptyObject = "{}"u8.ToArray();

    /// <summary>Reads and judges one message.</summary>
    /// <param name="utf8">The message. On success its bytes may be changed: line breaks between tokens become spaces, and a <c>room_id</c> is cut out of the payload.</param>
    /// <param name="envelope">The message, on success.</param>
    /// <returns>Null on success, else what is wrong.</returns>
    public static EnvelopeError? TryRead(ReadOnlyMemory<byte> utf8, out Envelope envelope)
    {
        envelope = default;
        var fields = new EnvelopeFields();
        if (!Utf8.IsValid(utf8.Span))
        {
            return new EnvelopeError(ErrorCode.InvalidJson, "The message is not UTF-8.", null);
        }

        try
        {
            var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
            fields.Read(ref reader);
        }
        catch (JsonException exception)
        {
            return new EnvelopeError(ErrorCode.InvalidJson, "The message is not JSON.", fields.Ref)
            {
                Details = new JsonObject { ["position"] = PositionOf(exception, utf8.Span) },
            };
        }

        if (fields.Judge() is { } error)
        {
            return error;
        }

        envelope = new Envelope(fields.Type!, fields.Ref, fields.Room, PayloadOf(utf8, fields), fields.ConflateKey);
        return null;
    }

    private static ReadOnlyMemory<byte> PayloadOf(ReadOnlyMemory<byte> utf8, in EnvelopeFields fields)
    {
        if (fields.Payload is not { } place)
        {
            return EmptyObject;
        }

        var payload = MemoryMarshal.AsMemory(utf8)[place];
        if (fields.Cut is { } cut)
        {
            var (start, length) = (cut.Start.Value - place.Start.Value, cut.End.Value - cut.Start.Value);
            var span = payload.Span;
            if (start <= payload.Length - start - length)
            {
                span[..start].CopyTo(span[length..]);
                payload = payload[length..];
            }
            else
            {
                span[(start + length)..].CopyTo(span[start..]);
                payload = payload[..^length];
            }
        }

        // Within strings JSON has line breaks escaped: a raw one stands between tokens, where a space means the same.
        payload.Span.Replace((byte)'\r', (byte)' ');
        payload.Span.Replace((byte)'\n', (byte)' ');
        return payload;
    }

    private static long PositionOf(JsonException exception, ReadOnlySpan<byte> utf8)
    {
        var position = 0;
        for (var line = exception.LineNumber ?? 0; line > 0; line--)
        {
            position += utf8[position..].IndexOf((byte)'\n') + 1;
        }

        return position + (exception.BytePositionInLine ?? 0);
    }
}
