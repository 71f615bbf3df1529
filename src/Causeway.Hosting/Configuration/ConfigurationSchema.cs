using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Causeway.Hosting;

/// <summary>
/// The configuration file as a JSON Schema (2020-12), for editors: keys, types, ranges, defaults, and what the documentation comments say. Made from the options classes, so it
/// says what the program does; what a schema can't say (rules over several keys) the program still checks.
/// </summary>
internal sealed class ConfigurationSchema(IReadOnlySet<string> hidden)
{
    private const string TimePattern = @"^-?(\d+\.)?\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?$";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly XmlDescriptions _descriptions = new();

    public string Write(string title, IEnumerable<(string Name, OptionsShape.Object Shape)> sections)
    {
        var properties = new JsonObject
        {
            ["$schema"] = new JsonObject { ["type"] = "string", ["description"] = "Where this schema is, for the editor; the program passes over it." },
            [CausewayConfiguration.EnvironmentKey] = new JsonObject
            {
                ["type"] = new JsonArray("string", "null"),
                ["enum"] = new JsonArray("development", "staging", "production", null),
                ["description"] = "Where the service runs.",
                ["default"] = "production",
            },
        };
        foreach (var (name, shape) in sections)
        {
            properties[name] = ObjectOf(shape, name);
        }

        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = title,
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        return schema.ToJsonString(Indented) + "\n";
    }

    private JsonObject ObjectOf(OptionsShape.Object shape, string key)
    {
        var defaults = Activator.CreateInstance(shape.Type)!;
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in shape.Properties.Values)
        {
            var child = ConfigurationTree.Join(key, property.Name);
            if (hidden.Contains(child))
            {
                continue;
            }

            var standard = property.Info!.GetValue(defaults);
            var schema = SchemaOf(property.Shape, child, property.Info.PropertyType);
            Restrict(schema, property);
            if (_descriptions.Of(property.Info) is { } description)
            {
                schema["description"] = description;
            }

            if (property.IsSecret)
            {
                // The standard's word for what is taken but never shown.
                schema["writeOnly"] = true;
            }
            else if (DefaultOf(property.Shape, standard) is { } value)
            {
                schema["default"] = value;
            }

            // A secret may come from the environment, so the file need not have it.
            if (standard is null && !property.IsSecret && property.Info.IsDefined(typeof(RequiredAttribute), inherit: true))
            {
                required.Add(property.Name);
            }

            properties[property.Name] = schema;
        }

        var result = new JsonObject { ["type"] = new JsonArray("object", "null"), ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Count > 0)
        {
            result["required"] = required;
        }

        return result;
    }

    /// <summary>What may stand at a key. Null may anywhere: it leaves the default.</summary>
    private JsonObject SchemaOf(OptionsShape shape, string key, Type type) => shape switch
    {
        OptionsShape.Object nested => ObjectOf(nested, key),
        OptionsShape.Map map => new JsonObject
        {
            ["type"] = new JsonArray("object", "null"),
            ["additionalProperties"] = SchemaOf(map.Element, ConfigurationTree.Join(key, "*"), map.Type),
        },

        // One text may hold several values, with commas or semicolons between.
        OptionsShape.List { Element: OptionsShape.Scalar } list => new JsonObject
        {
            ["type"] = new JsonArray("array", "string", "null"),
            ["items"] = ScalarOf(list.Type),
        },
        OptionsShape.List list => new JsonObject { ["type"] = new JsonArray("array", "null"), ["items"] = SchemaOf(list.Element, ConfigurationTree.Join(key, "*"), list.Type) },
        _ => ScalarOf(type),
    };

    private static JsonObject ScalarOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            return new JsonObject { ["type"] = new JsonArray("string", "null"), ["enum"] = new JsonArray([.. ValueText.NamesOf(type).Select(static name => (JsonNode?)name), null]) };
        }

        var schema = new JsonObject
        {
            ["type"] = new JsonArray(
                type == typeof(bool) ? "boolean"
                : type == typeof(double) || type == typeof(float) || type == typeof(decimal) ? "number"
                : type.IsPrimitive && type != typeof(char) ? "integer"
                : "string",
                "null"),
        };
        if (type == typeof(TimeSpan))
        {
            schema["pattern"] = TimePattern;
        }
        else if (type == typeof(Uri))
        {
            schema["format"] = "uri";
        }

        return schema;
    }

    private static void Restrict(JsonObject schema, OptionsShape.Property property)
    {
        foreach (var attribute in property.Info!.GetCustomAttributes(typeof(ValidationAttribute), inherit: true))
        {
            switch (attribute)
            {
                case RangeAttribute range when property.Shape is OptionsShape.Scalar && ValueNode(range.Minimum) is { } minimum && ValueNode(range.Maximum) is { } maximum:
                    schema[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = minimum;
                    schema[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = maximum;
                    break;
                case RegularExpressionAttribute expression:
                    schema["pattern"] = $"^(?:{expression.Pattern})$";
                    break;
                case MinLengthAttribute { Length: > 0 } length when property.Shape is OptionsShape.Scalar:
                    schema["minLength"] = length.Length;
                    break;
                case MaxLengthAttribute length when property.Shape is OptionsShape.Scalar:
                    schema["maxLength"] = length.Length;
                    break;
                case StringLengthAttribute length:
                    schema["minLength"] = length.MinimumLength;
                    schema["maxLength"] = length.MaximumLength;
                    break;
            }
        }
    }

    private static JsonNode? DefaultOf(OptionsShape shape, object? value) => (shape, value) switch
    {
        (_, null) => null,
        (OptionsShape.Scalar, _) => ValueNode(value),
        (OptionsShape.List { Element: OptionsShape.Scalar }, IEnumerable items) when items.Cast<object?>().Any() => new JsonArray([.. items.Cast<object?>().Select(ValueNode)]),
        _ => null,
    };

    private static JsonNode? ValueNode(object? value) => value switch
    {
        null => null,
        bool flag => JsonValue.Create(flag),
        double or float or decimal => JsonValue.Create(Convert.ToDecimal(value, System.Globalization.CultureInfo.InvariantCulture)),
        _ when value.GetType().IsPrimitive && value is not char => JsonValue.Create(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(ValueText.Format(value)),
    };
}
