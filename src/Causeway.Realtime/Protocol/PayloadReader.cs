using System.Text.Json;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Reads the payloads of the protocol's own messages. The envelope reader has made sure that they are JSON objects.</summary>
internal static class PayloadReader
{
    public static ApiError? TryReadJoin(in Envelope envelope, out JoinRequest join, out bool echo)
    {
        RoomPosition? since = null;
        var history = 0;
        echo = true;
        join = null!;
        using var document = JsonDocument.Parse(envelope.Payload);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.NameEquals("since"u8) && property.Value.ValueKind is not JsonValueKind.Null)
            {
                if (ReadPosition(property.Value) is not { } position)
                {
                    return Refusals.Invalid("since", """{"epoch":string,"offset":number from 0}""");
                }

                since = position;
            }
            else if (property.NameEquals("history"u8))
            {
                if (property.Value.ValueKind is not JsonValueKind.Number || !property.Value.TryGetInt32(out history) || history < 0)
                {
                    return Refusals.Invalid("history", "a whole number from 0");
                }
            }
            else if (property.NameEquals("echo"u8))
            {
                if (property.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                {
                    return Refusals.Invalid("echo", "true or false");
                }

                echo = property.Value.GetBoolean();
            }
        }

        join = new JoinRequest(envelope.Ref, since, history);
        return null;
    }

    public static ApiError? TryReadRange(in Envelope envelope, out long? after, out long? before, out int? limit)
    {
        (after, before, limit) = (null, null, null);
        using var document = JsonDocument.Parse(envelope.Payload);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            long value = 0;
            var isBound = property.NameEquals("after"u8) || property.NameEquals("before"u8);
            if (!isBound && !property.NameEquals("limit"u8))
            {
                continue;
            }

            if (property.Value.ValueKind is not JsonValueKind.Number || !property.Value.TryGetInt64(out value) || value < (isBound ? 0 : 1))
            {
                return Refusals.Invalid(isBound ? (property.NameEquals("after"u8) ? "after" : "before") : "limit", $"a whole number from {(isBound ? 0 : 1)}");
            }

            if (property.NameEquals("after"u8))
            {
                after = value;
            }
            else if (property.NameEquals("before"u8))
            {
                before = value;
            }
            else
            {
                limit = (int)Math.Min(value, int.MaxValue);
            }
        }

        return null;
    }

    public static bool TryReadTyping(ReadOnlySpan<byte> payload, out bool isTyping)
    {
        isTyping = false;
        var reader = new Utf8JsonReader(payload);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals("is_typing"u8);
            reader.Read();
            if (found)
            {
                isTyping = reader.TokenType is JsonTokenType.True;
                return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
            }

            reader.Skip();
        }

        return false;
    }

    public static bool TryReadToken(ReadOnlySpan<byte> payload, out string token)
    {
        token = "";
        var reader = new Utf8JsonReader(payload);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals("access_token"u8);
            reader.Read();
            if (found)
            {
                token = reader.TokenType is JsonTokenType.String ? TryGetString(ref reader) ?? "" : "";
                return token.Length > 0;
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>The text of a string or name; null when its escapes are no text, such as half a surrogate pair.</summary>
    public static string? TryGetString(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static RoomPosition? ReadPosition(JsonElement element) =>
        element.ValueKind is JsonValueKind.Object
        && element.TryGetProperty("epoch"u8, out var epoch) && epoch.ValueKind is JsonValueKind.String
        && element.TryGetProperty("offset"u8, out var offset) && offset.ValueKind is JsonValueKind.Number
        && offset.TryGetInt64(out var number) && number >= 0
            ? new RoomPosition(EpochOf(epoch), number)
            : null;

    // An epoch is ASCII; escapes that are no text make it one that never was.
    private static string EpochOf(JsonElement epoch) => epoch.GetRawText().Trim('"');
}
