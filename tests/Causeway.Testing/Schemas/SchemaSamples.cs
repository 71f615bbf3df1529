using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Causeway.Testing;

/// <summary>Makes values that a schema allows, and values that it does not, from a seed.</summary>
/// <param name="schemas">Resolves references.</param>
/// <param name="random">The same seed makes the same values.</param>
public sealed partial class SchemaSamples(JsonSchema schemas, Random random)
{
    private const int MaxExtra = 12;

    /// <summary>A value as the schema says; its example where it has one and <paramref name="useExample"/>.</summary>
    /// <param name="given">The schema.</param>
    /// <param name="useExample">Whether an example goes before anything made up.</param>
    public JsonNode? Good(JsonElement given, bool useExample = false)
    {
        var schema = schemas.Resolve(given);
        if (useExample && schema.TryGetProperty("examples", out var examples) && examples.GetArrayLength() > 0)
        {
            return JsonNode.Parse(examples[0].GetRawText());
        }

        if (schema.TryGetProperty("const", out var constant))
        {
            return JsonNode.Parse(constant.GetRawText());
        }

        if (schema.TryGetProperty("enum", out var choices))
        {
            return JsonNode.Parse(Pick([.. choices.EnumerateArray()]).GetRawText());
        }

        foreach (var keyword in (string[])["oneOf", "anyOf"])
        {
            if (schema.TryGetProperty(keyword, out var alternatives))
            {
                return Good(Pick([.. alternatives.EnumerateArray()]), useExample);
            }
        }

        return TypeOf(schema) switch
        {
            "object" => GoodObject(schema, useExample),
            "array" => GoodArray(schema, useExample),
            "string" => GoodText(schema),
            "integer" => random.NextInt64(Bound(schema, "minimum", 0), Bound(schema, "maximum", 1_000) + 1),
            "number" => Math.Round(random.NextDouble() * 100, 3),
            "boolean" => random.Next(2) == 0,
            "null" => null,
            _ => new JsonObject(),
        };
    }

    /// <summary>One change after the other that makes a good object one that the schema forbids, each with what it does and the field it concerns.</summary>
    /// <param name="given">The schema of an object.</param>
    /// <param name="good">An object as it says.</param>
    public IEnumerable<(string What, string Field, JsonObject Value)> Bad(JsonElement given, JsonObject good)
    {
        var schema = schemas.Resolve(given);
        yield return ("an unknown field", "no_such_field", With(good, "no_such_field", JsonValue.Create(1)));
        foreach (var name in schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(static name => name.GetString()!) : [])
        {
            var without = (JsonObject)good.DeepClone();
            without.Remove(name);
            yield return ($"without {name}", name, without);
        }

        foreach (var property in schema.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().AsEnumerable() : [])
        {
            foreach (var (what, value) in BadValues(property.Value))
            {
                yield return ($"{property.Name} {what}", property.Name, With(good, property.Name, value));
            }
        }
    }

    /// <summary>Texts that a parameter's schema forbids.</summary>
    /// <param name="given">The schema of a parameter.</param>
    public IEnumerable<string> BadTexts(JsonElement given)
    {
        var schema = schemas.Resolve(given);
        switch (TypeOf(schema))
        {
            case "integer":
                yield return "x";
                yield return "1.5";
                yield return "99999999999999999999999";
                if (schema.TryGetProperty("minimum", out var minimum))
                {
                    yield return (minimum.GetInt64() - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                }

                if (schema.TryGetProperty("maximum", out var maximum))
                {
                    yield return (maximum.GetInt64() + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                }

                break;
            case "boolean":
                yield return "perhaps";
                break;
            case "string":
                foreach (var (_, value) in BadValues(schema).Where(static bad => bad.Value?.GetValueKind() is JsonValueKind.String))
                {
                    yield return value!.GetValue<string>();
                }

                break;
        }
    }

    private IEnumerable<(string What, JsonNode? Value)> BadValues(JsonElement given)
    {
        var schema = schemas.Resolve(given);
        var types = TypesOf(schema);
        if (types.Count == 0)
        {
            yield break;
        }

        if (!types.Contains("null"))
        {
            yield return ("null", null);
        }

        if (!types.Contains("string"))
        {
            yield return ("a string", "text");
        }

        if (!types.Contains("integer") && !types.Contains("number"))
        {
            yield return ("a number", 7);
        }

        if (!types.Contains("boolean"))
        {
            yield return ("a boolean", true);
        }

        if (!types.Contains("array"))
        {
            yield return ("an array", new JsonArray());
        }

        if (!types.Contains("object"))
        {
            yield return ("an object", new JsonObject());
        }

        if (schema.TryGetProperty("enum", out _))
        {
            yield return ("none of the values", "no_such_value");
        }

        if (schema.TryGetProperty("minLength", out var least) && least.GetInt32() > 0)
        {
            yield return ("too short", new string('a', least.GetInt32() - 1));
        }

        if (schema.TryGetProperty("maxLength", out var most))
        {
            yield return ("too long", new string('a', most.GetInt32() + 1));
        }

        if (schema.TryGetProperty("pattern", out _))
        {
            yield return ("of other characters", "\u00e4 \u0001\n");
        }

        if (schema.TryGetProperty("format", out var format) && format.GetString() is "date-time" or "uuid" or "email")
        {
            yield return ($"no {format.GetString()}", "nonsense");
        }

        if (schema.TryGetProperty("minimum", out var minimum) && types.Contains("integer"))
        {
            yield return ("too small", minimum.GetInt64() - 1);
        }

        if (schema.TryGetProperty("maximum", out var maximum) && types.Contains("integer"))
        {
            yield return ("too great", maximum.GetInt64() + 1);
        }

        if (types.Contains("integer"))
        {
            yield return ("a fraction", 1.5);
        }
    }

    private static string? TypeOf(JsonElement schema)
    {
        var types = TypesOf(schema);
        return types.Find(static type => type != "null") ?? types.FirstOrDefault() ?? (schema.TryGetProperty("properties", out _) ? "object" : null);
    }

    private static List<string> TypesOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? []
        : type.ValueKind is JsonValueKind.Array ? [.. type.EnumerateArray().Select(static one => one.GetString()!)]
        : [type.GetString()!];

    private static JsonObject With(JsonObject good, string name, JsonNode? value)
    {
        var changed = (JsonObject)good.DeepClone();
        changed[name] = value;
        return changed;
    }

    private static long Bound(JsonElement schema, string keyword, long otherwise) => schema.TryGetProperty(keyword, out var bound) ? bound.GetInt64() : otherwise;

    private JsonObject GoodObject(JsonElement schema, bool useExample)
    {
        var made = new JsonObject();
        var required = schema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Select(static name => name.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];
        foreach (var property in schema.TryGetProperty("properties", out var properties) ? properties.EnumerateObject().AsEnumerable() : [])
        {
            if (required.Contains(property.Name) || random.Next(2) == 0)
            {
                made[property.Name] = Good(property.Value, useExample);
            }
        }

        return made;
    }

    private JsonArray GoodArray(JsonElement schema, bool useExample)
    {
        var least = (int)Bound(schema, "minItems", 0);
        var count = random.Next(least, (int)Math.Min(Bound(schema, "maxItems", 3), least + 3) + 1);
        return schema.TryGetProperty("items", out var items) ? [.. Enumerable.Range(0, count).Select(_ => Good(items, useExample))] : [];
    }

    private string GoodText(JsonElement schema)
    {
        if (schema.TryGetProperty("pattern", out var pattern))
        {
            return Matching(pattern.GetString()!);
        }

        switch (schema.TryGetProperty("format", out var format) ? format.GetString() : null)
        {
            case "uuid":
                return Guid.CreateVersion7().ToString();
            case "date-time":
                return DateTimeOffset.UnixEpoch.AddSeconds(random.NextInt64(1_500_000_000, 2_000_000_000)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            case "email":
                return Letters(8) + "@example.com";
            case "uri":
                return "https://example.com/" + Letters(5);
        }

        var least = (int)Bound(schema, "minLength", 1);
        return Letters(random.Next(Math.Max(least, 1), (int)Math.Min(Bound(schema, "maxLength", least + MaxExtra), least + MaxExtra) + 1));
    }

    private string Letters(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => (char)random.Next('a', 'z' + 1)));

    /// <summary>A text that a simple pattern takes: characters and classes, each with a count or none.</summary>
    private string Matching(string pattern)
    {
        var text = new StringBuilder();
        foreach (Match part in PatternPart().Matches(pattern.Trim('^', '$')))
        {
            var characters = part.Groups["class"].Success ? Members(part.Groups["class"].Value) : [part.Groups["one"].Value[^1]];
            var (least, most) = part.Groups["count"].Value switch
            {
                "" => (1, 1),
                "*" or "+" => (1, MaxExtra),
                "?" => (0, 1),
                var count when count.Trim('{', '}').Split(',') is [var from, var to] => (int.Parse(from, null), to.Length == 0 ? int.Parse(from, null) + MaxExtra : int.Parse(to, null)),
                var count => (int.Parse(count.Trim('{', '}'), null), int.Parse(count.Trim('{', '}'), null)),
            };
            var length = random.Next(Math.Max(least, Math.Min(most, 8)), Math.Min(most, Math.Max(least, 8) + MaxExtra) + 1);
            text.Append([.. Enumerable.Range(0, length).Select(_ => Pick(characters))]);
        }

        var made = text.ToString();
        return Regex.IsMatch(made, pattern, RegexOptions.ECMAScript, Limits.Test)
            ? made
            : throw new InvalidDataException($"No text can be made for {pattern} (tried {made}): give the schema an example.");
    }

    private static char[] Members(string characters)
    {
        var members = new List<char>();
        for (var i = 0; i < characters.Length; i++)
        {
            if (i + 2 < characters.Length && characters[i + 1] == '-')
            {
                members.AddRange(Enumerable.Range(characters[i], characters[i + 2] - characters[i] + 1).Select(static code => (char)code));
                i += 2;
            }
            else if (characters[i] != '\\')
            {
                members.Add(characters[i]);
            }
        }

        return [.. members];
    }

    private T Pick<T>(T[] choices) => choices[random.Next(choices.Length)];

    [GeneratedRegex(@"(?:\[(?<class>[^\]]+)\]|(?<one>\\.|[^\[\]]))(?<count>\{[\d,]+\}|[*+?])?", RegexOptions.CultureInvariant)]
    private static partial Regex PatternPart();
}
