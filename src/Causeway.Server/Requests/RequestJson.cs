using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>How the bodies of requests are read: as all JSON over HTTP, and a text with a zero character is none. Not every database keeps one, and nobody means it.</summary>
/// <remarks>Options of their own, since a text that is read by other rules has no schema in the OpenAPI document any more.</remarks>
internal sealed class RequestJson(IOptions<JsonOptions> json)
{
    public JsonSerializerOptions Options { get; } = new(json.Value.SerializerOptions) { Converters = { new TextConverter() } };

    private sealed class TextConverter : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new JsonException();
            }

            try
            {
                if (reader.GetString()! is var text && !text.Contains('\0', StringComparison.Ordinal))
                {
                    return text;
                }
            }
            catch (InvalidOperationException)
            {
                // Half of a character.
            }

            throw new JsonException(JsonShape.NoText);
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
