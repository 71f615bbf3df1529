using System.Globalization;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The headers of answers: the request id of all of them, and what an endpoint says that it sends.</summary>
internal static class ResponseHeaders
{
    public const string RequestId = "X-Request-Id";

    private const string RequestIdName = "RequestId";

    // Not to callers that are not limited, such as the local admin.
    private static readonly (string Name, string Component, string Description)[] Limits =
    [
        ("RateLimit", "RateLimit", "What is left of the quota, and the seconds until more is there."),
        ("RateLimit-Policy", "RateLimitPolicy", "The quota and its window in seconds."),
    ];

    /// <summary>Adds the header that every answer has.</summary>
    public static void AddShared(OpenApiDocument document)
    {
        document.Components!.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        document.Components.Headers[RequestIdName] = new OpenApiHeader
        {
            Required = true,
            Description = "The request's id, as the log has it: the one that the request carried, else a new one.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };
        foreach (var (_, component, description) in Limits)
        {
            document.Components.Headers[component] = Text(description, always: false);
        }
    }

    /// <summary>Adds to an answer what a limited caller is told of the limit.</summary>
    public static void AddLimits(OpenApiResponse response, OpenApiDocument document)
    {
        foreach (var (name, component, _) in Limits)
        {
            (response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal))[name] = new OpenApiHeaderReference(component, document);
        }
    }

    /// <summary>Adds to an answer the header that every answer has.</summary>
    public static void AddTo(OpenApiResponse response, OpenApiDocument document) =>
        (response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal))[RequestId] = new OpenApiHeaderReference(RequestIdName, document);

    /// <summary>Adds what the endpoint says of its own answers.</summary>
    public static void AddDeclared(OpenApiOperation operation, IEnumerable<ResponseHeader> headers)
    {
        foreach (var header in headers)
        {
            if (operation.Responses?.GetValueOrDefault(header.Status.ToString(CultureInfo.InvariantCulture)) is OpenApiResponse response)
            {
                (response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal))[header.Name] = Text(header.Description, header.Always);
            }
        }
    }

    /// <summary>Adds what tells that an answer was given before.</summary>
    public static void AddReplayed(OpenApiOperation operation) => AddDeclared(
        operation,
        (operation.Responses ?? []).Where(static pair => pair.Key.StartsWith('2')).Select(static pair => new ResponseHeader(
            int.Parse(pair.Key, CultureInfo.InvariantCulture), "Idempotency-Replayed", "true where the request was done before: this is its first answer again.", Always: false)));

    public static OpenApiHeader Text(string description, bool always = true) => new()
    {
        Required = always,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
