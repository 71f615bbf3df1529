using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Causeway.Realtime;

/// <summary>The JSON schema of what a handler takes: its type, and the rules that its validation attributes set.</summary>
internal static class PayloadSchema
{
    private static readonly JsonSchemaExporterOptions Options = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe };

    /// <param name="type">What payloads are read as.</param>
    /// <param name="place">Where the schema will stand, as a JSON pointer: a type that holds itself refers to its own schema.</param>
    public static JsonNode Of(JsonTypeInfo type, string place)
    {
        var schema = type.GetJsonSchemaAsNode(Options);
        Move(schema, place);
        return schema is JsonObject ? schema : new JsonObject { ["type"] = "object" };
    }

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (schema is not JsonObject described || context.PropertyInfo is not { } property)
        {
            return schema;
        }

        var attributes = Attributes(property.AttributeProvider).Concat(Attributes(property.AssociatedParameter?.AttributeProvider));
        foreach (var attribute in attributes)
        {
            Add(described, attribute);
        }

        return described;
    }

    private static object[] Attributes(ICustomAttributeProvider? provider) => provider?.GetCustomAttributes(inherit: true) ?? [];

    private static void Add(JsonObject schema, object attribute)
    {
        var isList = schema["items"] is not null;
        switch (attribute)
        {
            case DescriptionAttribute { Description: { Length: > 0 } text }:
                schema["description"] = text;
                break;
            case StringLengthAttribute length:
                Limit(schema, isList: false, length.MinimumLength, length.MaximumLength);
                break;
            case LengthAttribute length:
                Limit(schema, isList, length.MinimumLength, length.MaximumLength);
                break;
            case MaxLengthAttribute { Length: > 0 } most:
                Limit(schema, isList, 0, most.Length);
                break;
            case MinLengthAttribute least:
                Limit(schema, isList, least.Length, null);
                break;
            case RangeAttribute range:
                schema["minimum"] = Number(range.Minimum);
                schema["maximum"] = Number(range.Maximum);
                break;
            case RegularExpressionAttribute expression:
                // The attribute asks for a match of the whole text.
                schema["pattern"] = $"^(?:{expression.Pattern})$";
                break;
        }
    }

    private static void Limit(JsonObject schema, bool isList, int least, int? most)
    {
        if (least > 0)
        {
            schema[isList ? "minItems" : "minLength"] = least;
        }

        if (most is { } known)
        {
            schema[isList ? "maxItems" : "maxLength"] = known;
        }
    }

    private static JsonValue? Number(object bound) =>
        double.TryParse(Convert.ToString(bound, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : null;

    private static void Move(JsonNode? node, string place)
    {
        if (node is JsonObject described)
        {
            foreach (var (name, value) in described.ToList())
            {
                if (name == "$ref" && value?.GetValue<string>() is { } reference)
                {
                    described[name] = place + reference[1..];
                }
                else
                {
                    Move(value, place);
                }
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Move(item, place);
            }
        }
    }
}
