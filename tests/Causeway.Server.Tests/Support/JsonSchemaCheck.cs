using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Causeway.Server.Tests;

/// <summary>Checks a JSON value by the words of JSON Schema that the configuration's schema uses; any other word fails, so that none is passed over.</summary>
internal static class JsonSchemaCheck
{
    private static readonly HashSet<string> Notes = ["$schema", "title", "description", "default", "writeOnly", "format"];

    /// <summary>Every place where the value is not what the schema says.</summary>
    public static IReadOnlyList<string> Errors(JsonElement schema, JsonElement value)
    {
        var errors = new List<string>();
        Check(schema, value, "$", errors);
        return errors;
    }

    private static void Check(JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        foreach (var word in schema.EnumerateObject())
        {
            switch (word.Name)
            {
                case "type":
                    Expect(IsOf(word.Value, value), $"is no {word.Value}");
                    break;
                case "enum":
                    Expect(word.Value.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)), $"is none of {word.Value}");
                    break;
                case "minimum":
                    Expect(value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= word.Value.GetDecimal(), $"is less than {word.Value}");
                    break;
                case "maximum":
                    Expect(value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= word.Value.GetDecimal(), $"is more than {word.Value}");
                    break;
                case "exclusiveMinimum":
                    Expect(value.ValueKind != JsonValueKind.Number || value.GetDecimal() > word.Value.GetDecimal(), $"is not over {word.Value}");
                    break;
                case "exclusiveMaximum":
                    Expect(value.ValueKind != JsonValueKind.Number || value.GetDecimal() < word.Value.GetDecimal(), $"is not under {word.Value}");
                    break;
                case "pattern":
                    Expect(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, word.Value.GetString()!), $"does not match {word.Value}");
                    break;
                case "minLength":
                    Expect(value.ValueKind != JsonValueKind.String || value.GetString()!.Length >= word.Value.GetInt32(), "is too short");
                    break;
                case "maxLength":
                    Expect(value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= word.Value.GetInt32(), "is too long");
                    break;
                case "required":
                    foreach (var name in word.Value.EnumerateArray())
                    {
                        Expect(value.ValueKind != JsonValueKind.Object || value.TryGetProperty(name.GetString()!, out _), $"has no {name}");
                    }

                    break;
                case "items":
                    if (value.ValueKind == JsonValueKind.Array)
                    {
                        foreach (var (index, item) in value.EnumerateArray().Index())
                        {
                            Check(word.Value, item, $"{path}[{index.ToString(CultureInfo.InvariantCulture)}]", errors);
                        }
                    }

                    break;
                case "properties":
                    foreach (var (name, member) in Members(value))
                    {
                        if (word.Value.TryGetProperty(name, out var known))
                        {
                            Check(known, member, $"{path}.{name}", errors);
                        }
                    }

                    break;
                case "additionalProperties":
                    foreach (var (name, member) in Members(value).Where(member => !schema.TryGetProperty("properties", out var known) || !known.TryGetProperty(member.Name, out _)))
                    {
                        if (word.Value.ValueKind == JsonValueKind.False)
                        {
                            errors.Add($"{path}.{name} is unknown");
                        }
                        else
                        {
                            Check(word.Value, member, $"{path}.{name}", errors);
                        }
                    }

                    break;
                default:
                    Expect(Notes.Contains(word.Name), $"can't be checked by '{word.Name}'");
                    break;
            }
        }

        void Expect(bool holds, string what)
        {
            if (!holds)
            {
                errors.Add($"{path} {what}: {value.GetRawText()}");
            }
        }
    }

    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(static member => (member.Name, member.Value)) : [];

    private static bool IsOf(JsonElement types, JsonElement value) =>
        types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().Any(type => IsOf(type, value)) : types.GetString() switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "null" => value.ValueKind == JsonValueKind.Null,
            "number" => value.ValueKind == JsonValueKind.Number,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            _ => false,
        };
}
