using System.Text.Json;
using System.Text.RegularExpressions;
using Causeway.Testing;

namespace Causeway.Server.Tests.Contract;

/// <summary>The OpenAPI document of a running server.</summary>
internal sealed class ApiDocument
{
    private ApiDocument(JsonElement root)
    {
        Root = root;
        Schemas = new JsonSchema(root);
        Operations =
        [
            .. from path in root.GetProperty("paths").EnumerateObject()
               from method in path.Value.EnumerateObject()
               select new ApiOperation(this, path.Name, method.Name, method.Value),
        ];
    }

    public JsonElement Root { get; }

    public JsonSchema Schemas { get; }

    public IReadOnlyList<ApiOperation> Operations { get; }

    public static async Task<ApiDocument> ReadAsync(HttpClient client) =>
        new(JsonElement.Parse(await client.GetByteArrayAsync(new Uri("/openapi/v1.json", UriKind.Relative))));

    /// <summary>The operation of a method and a path with its parameters in braces; null for none.</summary>
    public ApiOperation? Find(HttpMethod method, string path) => Operations.FirstOrDefault(one => one.Method == method && one.Path == path);

    public ApiOperation Find(string id) => Operations.First(one => one.Id == id);

    /// <summary>The methods that are declared for a path as it stands in a request: it may be that of several templates.</summary>
    public IReadOnlyCollection<string> MethodsAt(string path) =>
        [.. Operations.Where(one => Regex.IsMatch(path, $"^{Regex.Replace(one.Path, @"\{[^}]+\}", "[^/]+").Replace(".", @"\.", StringComparison.Ordinal)}$", RegexOptions.None, Limits.Test))
            .Select(static one => one.Method.Method).Distinct().Order(StringComparer.Ordinal)];
}
