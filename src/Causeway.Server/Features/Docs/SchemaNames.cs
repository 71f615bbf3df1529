using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>The names of schemas in the OpenAPI document, which end up as class names in generated clients.</summary>
internal static class SchemaNames
{
    private static readonly string[] Suffixes = ["Document", "Response"];

    /// <param name="type">The type that is described.</param>
    /// <param name="usual">What the framework would call it; null for one that is written in place.</param>
    public static string? Of(Type type, string? usual)
    {
        if (usual is null)
        {
            return null;
        }

        if (type == typeof(JsonElement))
        {
            return "Payload";
        }

        if (type == typeof(JsonObject))
        {
            return "Details";
        }

        return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(CursorPage<>)
            ? Short(type.GetGenericArguments()[0].Name) + "Page"
            : Short(usual);
    }

    private static string Short(string name)
    {
        foreach (var suffix in Suffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length)
            {
                return name[..^suffix.Length];
            }
        }

        return name;
    }
}
