using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>What the types alone do not say: that a payload is an object, and what a batch is made of.</summary>
internal static class SchemaDetails
{
    private static readonly Dictionary<Type, string[]> Required = new()
    {
        [typeof(PublishMessage.PublishRequest)] = ["type"],
        [typeof(SendMessage.SendRequest)] = ["type"],
        [typeof(PublishBatch.BatchMessage)] = ["type"],
        [typeof(CreateRoom.CreateRoomRequest)] = ["room_id"],
    };

    private static readonly Dictionary<Type, string> Examples = new()
    {
        [typeof(PublishMessage.PublishRequest)] = """{"type":"chat","payload":{"text":"hello"}}""",
        [typeof(SendMessage.SendRequest)] = """{"type":"notice","payload":{"text":"hello"}}""",
        [typeof(PublishBatch.BatchRequest)] = """{"messages":[{"room_id":"lobby","type":"chat","payload":{"text":"hello"}},{"user_id":"ada","type":"notice"}]}""",
        [typeof(CreateRoom.CreateRoomRequest)] = """{"room_id":"lobby","title":"The lobby"}""",
        [typeof(UpdateRoom.UpdateRoomRequest)] = """{"title":"The lobby"}""",
    };

    public static async Task Apply(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(JsonElement) || type == typeof(JsonObject))
        {
            schema.Type = JsonSchemaType.Object;
            schema.AdditionalPropertiesAllowed = true;
            schema.Description = "Any object.";
        }
        else if (type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (Required.TryGetValue(type, out var names))
        {
            // The class may be without them, so that a request that forgets some hears of all of them at once.
            schema.Required = new HashSet<string>(names, StringComparer.Ordinal);
            foreach (var property in names.Select(name => schema.Properties?[name]).OfType<OpenApiSchema>())
            {
                property.Type &= ~JsonSchemaType.Null;
            }
        }

        if (Examples.TryGetValue(type, out var example))
        {
            schema.Examples = [JsonNode.Parse(example)!];
        }

        if (type == typeof(PublishBatch.BatchRequest))
        {
            schema.Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                ["messages"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    MaxItems = PublishBatch.MaxMessages,
                    Items = await context.GetOrCreateSchemaAsync(typeof(PublishBatch.BatchMessage), null, cancellationToken),
                    Description = "Published one after the other. Each names a room_id or a user_id.",
                },
            };
            schema.Required = new HashSet<string>(StringComparer.Ordinal) { "messages" };
        }
    }
}
