using System.Globalization;
using System.Text.Json;

namespace Causeway.Server.Tests.Contract;

/// <summary>An operation as the OpenAPI document has it.</summary>
internal sealed class ApiOperation
{
    private readonly JsonElement _operation;
    private readonly ApiDocument _document;

    public ApiOperation(ApiDocument document, string path, string method, JsonElement operation)
    {
        (_document, Path, Method, _operation) = (document, path, new HttpMethod(method.ToUpperInvariant()), operation);
        Parameters = [.. operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Select(parameter => new ApiParameter(_document.Schemas.Resolve(parameter)))
            : []];
        Security = operation.TryGetProperty("security", out var security)
            ? [.. security.EnumerateArray().SelectMany(static way => way.EnumerateObject())
                .Select(static scheme => (scheme.Name, (IReadOnlyList<string>)[.. scheme.Value.EnumerateArray().Select(static needed => needed.GetString()!)]))]
            : [];
    }

    /// <summary>With its parameters in braces.</summary>
    public string Path { get; }

    public HttpMethod Method { get; }

    public string Id => _operation.GetProperty("operationId").GetString()!;

    public IReadOnlyList<ApiParameter> Parameters { get; }

    /// <summary>The ways to send a credential and what it needs; empty for everybody.</summary>
    public IReadOnlyList<(string Scheme, IReadOnlyList<string> Needed)> Security { get; }

    /// <summary>The permission that a token needs; null where any credential does.</summary>
    public string? Needed => Security.SelectMany(static way => way.Needed).FirstOrDefault();

    /// <summary>The bodies that it takes, by media type.</summary>
    public IReadOnlyDictionary<string, JsonElement> Bodies => _operation.TryGetProperty("requestBody", out var body)
        ? body.GetProperty("content").EnumerateObject().ToDictionary(static content => content.Name, static content => content.Value, StringComparer.OrdinalIgnoreCase)
        : [];

    /// <summary>The JSON body that it takes; null for none.</summary>
    public JsonElement? JsonBody => Bodies.TryGetValue("application/json", out var content) ? content.GetProperty("schema") : null;

    public bool BodyIsRequired => _operation.TryGetProperty("requestBody", out var body) && body.TryGetProperty("required", out var required) && required.GetBoolean();

    public override string ToString() => $"{Method} {Path}";

    /// <summary>The answer that is declared for a status; null for none.</summary>
    public JsonElement? Response(int status) =>
        _operation.GetProperty("responses").TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var response) ? _document.Schemas.Resolve(response) : null;

    /// <summary>The operations that an answer leads to.</summary>
    public IEnumerable<(string Name, JsonElement Link)> Links(int status) => Response(status) is { } response && response.TryGetProperty("links", out var links)
        ? links.EnumerateObject().Select(static link => (link.Name, link.Value))
        : [];
}

/// <summary>A parameter as the OpenAPI document has it.</summary>
internal sealed class ApiParameter(JsonElement parameter)
{
    public string Name => parameter.GetProperty("name").GetString()!;

    /// <summary><c>path</c>, <c>query</c>, <c>header</c> or <c>cookie</c>.</summary>
    public string Place => parameter.GetProperty("in").GetString()!;

    public bool IsRequired => parameter.TryGetProperty("required", out var required) && required.GetBoolean();

    public JsonElement Schema => parameter.GetProperty("schema");
}
