using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Causeway.Realtime;

/// <summary>How payloads look on the wire: snake_case, enums by name.</summary>
internal static class PayloadJson
{
    private static JsonSerializerOptions? _options;

    [RequiresUnreferencedCode("Reads types by reflection.")]
    [RequiresDynamicCode("Reads types by reflection.")]
    public static JsonSerializerOptions Options() => _options ??= new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}
