using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Causeway.Testing;

/// <summary>Checks JSON against a schema of JSON Schema 2020-12, as far as OpenAPI 3.1 and AsyncAPI 3.0 documents use it.</summary>
/// <remarks>
/// An object that lists its properties has no others unless the schema says so: what a document does not tell of must not leave the server.
/// A keyword that is not known here fails, so that a document never says more than is checked.
/// </remarks>
/// <param name="document">Where references lead.</param>
public sealed class JsonSchema(JsonElement document)
{
    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "description", "title", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$id", "$comment", "discriminator", "externalDocs",
    };

    private static readonly HashSet<string> ReadWithOthers = new(StringComparer.Ordinal) { "required", "additionalProperties" };

    /// <summary>What is wrong with a value; nothing where it is as the schema says.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">Where the value stands.</param>
    public IEnumerable<string> Check(JsonElement schema, JsonElement value, string path = "$")
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind is JsonValueKind.True ? [] : [$"{path}: nothing is allowed here"];
        }

        return schema.EnumerateObject().Where(static keyword => !keyword.Name.StartsWith("x-", StringComparison.Ordinal))
            .SelectMany(keyword => Check(keyword.Name, keyword.Value, schema, value, path));
    }

    /// <summary>The schema that a schema refers to; itself where it refers to none.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.ValueKind is JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            schema = Follow(reference.GetString()!);
        }

        return schema;
    }

    /// <summary>What stands at a reference such as <c>#/components/schemas/Room</c>.</summary>
    public JsonElement Follow(string reference)
    {
        var target = document;
        foreach (var step in reference.Split('/').Skip(1))
        {
            target = target.TryGetProperty(step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), out var next)
                ? next
                : throw new InvalidDataException($"{reference} leads nowhere.");
        }

        return target;
    }

    private IEnumerable<string> Check(string keyword, JsonElement rule, JsonElement schema, JsonElement value, string path) => keyword switch
    {
        "$ref" => Check(Follow(rule.GetString()!), value, path),
        "type" => Fails(!IsOfType(rule, value), path, $"is {value.ValueKind}, not {rule.GetRawText()}"),
        "enum" => Fails(!rule.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)), path, $"is none of {rule.GetRawText()}: {value.GetRawText()}"),
        "const" => Fails(!JsonElement.DeepEquals(rule, value), path, $"is not {rule.GetRawText()}"),
        "allOf" => rule.EnumerateArray().SelectMany(one => Check(one, value, path)),
        "anyOf" => Fails(!rule.EnumerateArray().Any(one => !Check(one, value, path).Any()), path, "is as none of anyOf says"),
        "oneOf" => CheckOneOf(rule, value, path),
        "not" => Fails(!Check(rule, value, path).Any(), path, "is as not says"),
        "properties" when value.ValueKind is JsonValueKind.Object => CheckProperties(rule, schema, value, path),
        "items" when value.ValueKind is JsonValueKind.Array => value.EnumerateArray().SelectMany((item, index) => Check(rule, item, $"{path}[{index}]")),
        "minItems" when value.ValueKind is JsonValueKind.Array => Fails(value.GetArrayLength() < rule.GetInt32(), path, "has too few items"),
        "maxItems" when value.ValueKind is JsonValueKind.Array => Fails(value.GetArrayLength() > rule.GetInt32(), path, "has too many items"),
        "uniqueItems" when value.ValueKind is JsonValueKind.Array && rule.GetBoolean() =>
            Fails(value.EnumerateArray().Select(static item => item.GetRawText()).Distinct(StringComparer.Ordinal).Count() < value.GetArrayLength(), path, "has an item twice"),
        "minLength" when value.ValueKind is JsonValueKind.String => Fails(Length(value) < rule.GetInt32(), path, "is too short"),
        "maxLength" when value.ValueKind is JsonValueKind.String => Fails(Length(value) > rule.GetInt32(), path, "is too long"),
        "pattern" when value.ValueKind is JsonValueKind.String =>
            Fails(!Regex.IsMatch(value.GetString()!, rule.GetString()!, RegexOptions.CultureInvariant | RegexOptions.ECMAScript, Limits.Test), path, $"does not match {rule.GetString()}"),
        "format" when value.ValueKind is JsonValueKind.String => Fails(!IsOfFormat(rule.GetString()!, value.GetString()!), path, $"is no {rule.GetString()}: {value.GetString()}"),
        "format" when value.ValueKind is JsonValueKind.Number => Fails(!IsOfFormat(rule.GetString()!, value), path, $"is no {rule.GetString()}: {value.GetRawText()}"),
        "minimum" when value.ValueKind is JsonValueKind.Number => Fails(value.GetDouble() < rule.GetDouble(), path, "is too small"),
        "maximum" when value.ValueKind is JsonValueKind.Number => Fails(value.GetDouble() > rule.GetDouble(), path, "is too great"),
        "exclusiveMinimum" when value.ValueKind is JsonValueKind.Number => Fails(value.GetDouble() <= rule.GetDouble(), path, "is too small"),
        "exclusiveMaximum" when value.ValueKind is JsonValueKind.Number => Fails(value.GetDouble() >= rule.GetDouble(), path, "is too great"),
        "required" when value.ValueKind is JsonValueKind.Object =>
            rule.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{path}: {name.GetString()} is missing"),
        "additionalProperties" when value.ValueKind is JsonValueKind.Object && !schema.TryGetProperty("properties", out _) && rule.ValueKind is JsonValueKind.Object =>
            value.EnumerateObject().SelectMany(property => Check(rule, property.Value, $"{path}.{property.Name}")),
        "properties" or "items" or "minItems" or "maxItems" or "uniqueItems" or "minLength" or "maxLength" or "pattern" or "format"
            or "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" => [],
        _ when ReadWithOthers.Contains(keyword) || Annotations.Contains(keyword) => [],
        _ => [$"{path}: the schema's {keyword} is not known here"],
    };

    private IEnumerable<string> CheckProperties(JsonElement properties, JsonElement schema, JsonElement value, string path)
    {
        foreach (var property in value.EnumerateObject())
        {
            var place = $"{path}.{property.Name}";
            if (properties.TryGetProperty(property.Name, out var described))
            {
                foreach (var error in Check(described, property.Value, place))
                {
                    yield return error;
                }
            }
            else if (!schema.TryGetProperty("additionalProperties", out var others))
            {
                yield return $"{place} is not described";
            }
            else
            {
                foreach (var error in Check(others, property.Value, place))
                {
                    yield return error;
                }
            }
        }
    }

    private IEnumerable<string> CheckOneOf(JsonElement choices, JsonElement value, string path)
    {
        var errors = choices.EnumerateArray().Select(one => Check(one, value, path).ToList()).ToList();
        var fitting = errors.Count(static found => found.Count == 0);
        return Fails(fitting != 1, path, $"is as {fitting} of oneOf say: {string.Join("; ", errors.SelectMany(static found => found))}");
    }

    private static IEnumerable<string> Fails(bool fails, string path, string what) => fails ? [$"{path} {what}"] : [];

    // In code points, as JSON Schema counts.
    private static int Length(JsonElement value) => value.GetString()!.EnumerateRunes().Count();

    private static bool IsOfType(JsonElement rule, JsonElement value) => rule.ValueKind is JsonValueKind.Array
        ? rule.EnumerateArray().Any(one => IsOfType(one, value))
        : rule.GetString() switch
        {
            "object" => value.ValueKind is JsonValueKind.Object,
            "array" => value.ValueKind is JsonValueKind.Array,
            "string" => value.ValueKind is JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "null" => value.ValueKind is JsonValueKind.Null,
            "number" => value.ValueKind is JsonValueKind.Number,
            "integer" => value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Floor(number) == number,
            _ => false,
        };

    private static bool IsOfFormat(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text.EndsWith('Z'),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "email" => text.Contains('@', StringComparison.Ordinal),
        "uri" or "uri-reference" => Uri.IsWellFormedUriString(text, UriKind.RelativeOrAbsolute),
        _ => true,
    };

    private static bool IsOfFormat(string format, JsonElement number) => format switch
    {
        "int32" => number.TryGetInt32(out _),
        "int64" => number.TryGetInt64(out _),
        _ => true,
    };
}
