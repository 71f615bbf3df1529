using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The paths that are no API: what load balancers and monitoring ask for.</summary>
internal static class ServicePaths
{
    private const string Tag = "Operations";

    public static void Add(OpenApiDocument document)
    {
        (document.Tags ??= new HashSet<OpenApiTag>()).Add(new OpenApiTag { Name = Tag });
        Add(document, "/health", "health", "Whether the process answers.", "application/json", new() { ["200"] = ("It does.", Status("ok")) });
        var readiness = Readiness();
        Add(document, "/ready", "ready", "Whether it wants traffic, and what it depends on.", "application/json", new()
        {
            ["200"] = ("It does; what is degraded works without some of what it depends on.", readiness),
            ["503"] = ("It is stopping, or can't work.", readiness),
        });
        var metrics = Add(document, "/metrics", "metrics", "Metrics in the text format of Prometheus.", "text/plain", new() { ["200"] = ("The metrics.", Text()) });
        metrics.Security = SecurityDetails.Require(AccessRule.Operator("metrics:read"), document);
        foreach (var status in new[] { 401, 403 })
        {
            metrics.Responses![status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponseReference(RefusalDetails.NameOf(status), document);
        }
    }

    private static OpenApiOperation Add(
        OpenApiDocument document, string path, string id, string summary, string contentType, Dictionary<string, (string Description, OpenApiSchema Schema)> answers)
    {
        var responses = new OpenApiResponses();
        foreach (var (code, (description, schema)) in answers)
        {
            responses[code] = new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [contentType] = new OpenApiMediaType { Schema = schema } },
            };
        }

        var operation = new OpenApiOperation
        {
            OperationId = id,
            Summary = summary,
            Tags = new HashSet<OpenApiTagReference> { new(Tag, document) },
            Responses = responses,
        };
        document.Paths[path] = new OpenApiPathItem { Operations = new Dictionary<HttpMethod, OpenApiOperation> { [HttpMethod.Get] = operation } };
        return operation;
    }

    private static OpenApiSchema Readiness() => Object(new()
    {
        ["status"] = Text("ready", "degraded", "unavailable", "draining"),
        ["checks"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = Object(new()
            {
                ["name"] = Text(),
                ["status"] = Text(),
                ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null },
            }),
        },
    });

    private static OpenApiSchema Status(string status) => Object(new() { ["status"] = Text(status) });

    private static OpenApiSchema Object(Dictionary<string, IOpenApiSchema> properties) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = properties,
        Required = properties.Keys.ToHashSet(StringComparer.Ordinal),
    };

    private static OpenApiSchema Text(params string[] values) => new() { Type = JsonSchemaType.String, Enum = values.Length == 0 ? null : [.. values] };
}
