using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>What the framework does not say of a type: that a payload is an object, what a request must name, an example of it.</summary>
/// <remarks>Lengths, ranges and patterns come from the validation attributes of the properties; handlers check the same rules, all of them at once.</remarks>
internal static class SchemaDetails
{
    public static Task Apply(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(JsonElement) || type == typeof(JsonObject))
        {
            schema.Type = JsonSchemaType.Object;
            schema.AdditionalPropertiesAllowed = true;
            schema.Description = "Any object.";
        }
        else if (Nullable.GetUnderlyingType(type) is { } value && IsText(value))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }
        else if (IsText(type))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            Require(schema, context.JsonTypeInfo);
        }

        if (type.GetCustomAttribute<ExampleAttribute>() is { } example)
        {
            schema.Examples = [JsonNode.Parse(example.Json)!];
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether a type is written as text of its own form.</summary>
    private static bool IsText(Type type) => type == typeof(DateTimeOffset) || type == typeof(Guid) || type.IsEnum;

    /// <summary>A request's class may be without a field, so that a caller who forgets several hears of all of them at once; the schema says that it must be there.</summary>
    private static void Require(OpenApiSchema schema, JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.AttributeProvider?.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: true) is [AllowedValuesAttribute allowed]
                && schema.Properties?[property.Name] is OpenApiSchema choice)
            {
                choice.Enum = [.. allowed.Values.Select(static value => JsonValue.Create((string)value!))];
            }

            if (property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) == true)
            {
                (schema.Required ??= new HashSet<string>(StringComparer.Ordinal)).Add(property.Name);
                if (schema.Properties?[property.Name] is OpenApiSchema { Type: not null } described)
                {
                    described.Type &= ~JsonSchemaType.Null;
                }
            }
        }
    }
}
