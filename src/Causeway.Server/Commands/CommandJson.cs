using System.Text.Json;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>How commands write JSON: as the API does, indented.</summary>
internal static class CommandJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions { WriteIndented = true };
        ApiJson.Apply(options);
        return options;
    }
}
