using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Takes credentials out of what is logged of a request: by the name of a header, a query parameter or a field, and by the looks of a value.</summary>
internal static class Secrets
{
    public const string Mask = "***";

    // Relaxed, since it is read by people in a log, not by browsers.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // Compared without case, dashes and underscores; these wherever they stand in a name, the others as the whole of it.
    private static readonly string[] Words =
    [
        "password", "passwd", "passphrase", "secret", "token", "credential", "authorization", "cookie", "privatekey", "apikey", "signature", "session", "bearer", "otp",
    ];

    private static readonly string[] Names = ["key", "pwd", "pass", "pin", "jwt", "auth", "secwebsocketprotocol", "secwebsocketkey", "idempotencykey"];

    /// <summary>Whether something of this name holds a secret.</summary>
    public static bool IsSecretName(ReadOnlySpan<char> name)
    {
        Span<char> plain = stackalloc char[64];
        var length = 0;
        foreach (var c in name)
        {
            if (c is '-' or '_' or '.' or ' ')
            {
                continue;
            }

            if (length == plain.Length)
            {
                return true;
            }

            plain[length++] = char.ToLowerInvariant(c);
        }

        plain = plain[..length];
        foreach (var word in Words)
        {
            if (plain.IndexOf(word, StringComparison.Ordinal) >= 0)
            {
                return true;
            }
        }

        foreach (var whole in Names)
        {
            if (plain.SequenceEqual(whole))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a value looks like a credential wherever it stands: a signed token, an API key of ours, a bearer.</summary>
    public static bool LooksSecret(ReadOnlySpan<char> value) =>
        value.StartsWith("eyJ", StringComparison.Ordinal) && value.Count('.') >= 2
        || value.StartsWith("cwk_", StringComparison.Ordinal)
        || value.StartsWith("bearer", StringComparison.OrdinalIgnoreCase);

    /// <summary>A query without secrets.</summary>
    public static string Query(QueryString query)
    {
        if (!query.HasValue)
        {
            return "";
        }

        var text = new StringBuilder(query.Value!.Length);
        foreach (var range in query.Value.AsSpan(1).Split('&'))
        {
            var pair = query.Value.AsSpan(1)[range];
            text.Append(text.Length == 0 ? '?' : '&');
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var isSecret = IsSecretName(Uri.UnescapeDataString(name)) || equals >= 0 && LooksSecret(Uri.UnescapeDataString(pair[(equals + 1)..]));
            text.Append(name).Append(equals < 0 ? "" : "=").Append(isSecret ? Mask : equals < 0 ? "" : pair[(equals + 1)..]);
        }

        return text.ToString();
    }

    /// <summary>Headers without secrets, as <c>name: value; name: value</c>.</summary>
    public static string Headers(IHeaderDictionary headers)
    {
        var text = new StringBuilder();
        foreach (var (name, values) in headers)
        {
            text.Append(text.Length == 0 ? "" : "; ").Append(name).Append(": ");
            var value = values.ToString();
            text.Append(IsSecretName(name) || LooksSecret(value) ? Mask : name.Equals("Referer", StringComparison.OrdinalIgnoreCase) ? WithoutQuery(value) : value);
        }

        return text.ToString();
    }

    /// <summary>JSON without secrets; where it was cut off or is broken, what stands before, and a sign.</summary>
    /// <param name="body">UTF-8.</param>
    /// <param name="isWhole">Whether that is all of it.</param>
    public static string Json(ReadOnlySpan<byte> body, bool isWhole)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 64);
        var isBroken = !isWhole;
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            var reader = new Utf8JsonReader(body, isFinalBlock: isWhole, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true }));
            try
            {
                while (reader.Read())
                {
                    Copy(ref reader, writer);
                }
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                isBroken = true;
            }
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + (isBroken ? "…" : "");
    }

    private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                writer.WriteStartObject();
                break;
            case JsonTokenType.EndObject:
                writer.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                break;
            case JsonTokenType.EndArray:
                writer.WriteEndArray();
                break;
            case JsonTokenType.PropertyName:
                var name = reader.GetString()!;
                writer.WritePropertyName(name);
                if (IsSecretName(name))
                {
                    MaskValue(ref reader, writer);
                }

                break;
            case JsonTokenType.String:
                var text = reader.GetString()!;
                writer.WriteStringValue(LooksSecret(text) ? Mask : text);
                break;
            default:
                writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true);
                break;
        }
    }

    /// <summary>Leaves out the value that comes, whatever it is and however deep; null and an empty list are no secret but are masked too, since nobody is to guess.</summary>
    private static void MaskValue(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        writer.WriteStringValue(Mask);
        if (!reader.Read())
        {
            return;
        }

        var depth = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? reader.CurrentDepth : -1;
        while (depth >= 0 && reader.Read() && reader.CurrentDepth > depth)
        {
        }
    }

    private static string WithoutQuery(string address)
    {
        var question = address.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? address : address[..question] + "?" + Mask;
    }
}
