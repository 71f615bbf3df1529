using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Causeway.Http;

/// <summary>How JSON is written and read over HTTP.</summary>
public static class ApiJson
{
    internal const string NeedsReflection = "Enums are written by name, which needs code made at run time.";

    /// <summary>
    /// snake_case names; enums as snake_case strings; times as RFC 3339 in UTC with milliseconds. Reading is strict: no unknown or doubled
    /// field, no number as a string, no null or gap where the type does not allow it (a constructor parameter with a default value may be absent).
    /// </summary>
    [RequiresDynamicCode(NeedsReflection)]
    public static void Apply(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.MaxDepth = 64;
        options.Converters.Add(new UtcTimeConverter());
        options.Converters.Add(new UtcDateTimeConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }
}
