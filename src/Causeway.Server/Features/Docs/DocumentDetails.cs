using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The document's own parts: what it is, how a credential is sent, the refusals all share, and the paths that are no API.</summary>
internal static class DocumentDetails
{
    private static readonly int[] SharedRefusals = [400, 403, 413, 415, 422, 429, 500];

    public static string ResponseName(int status) => "Refusal" + status.ToString(CultureInfo.InvariantCulture);

    public static async Task ApplyAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, ServerSettings settings, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Causeway",
            Version = ServerApp.Version,
            Description = "Rooms, messages and live connections over HTTP. Live clients speak WebSocket at /ws or read event streams at /sse.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        document.Servers = settings.Server.PublicUrl is { } url ? [new OpenApiServer { Url = url.TrimEnd('/') }] : [new OpenApiServer { Url = "/" }];

        var error = await context.GetOrCreateSchemaAsync(typeof(ErrorDocument), null, cancellationToken);
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[OperationDetails.SecurityScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The admin token, or a token signed for a user (causeway token create). On the machine itself, while the service listens on loopback only, none is needed.",
        };
        document.Components.Responses ??= new Dictionary<string, IOpenApiResponse>(StringComparer.Ordinal);
        foreach (var status in SharedRefusals)
        {
            document.Components.Responses[ResponseName(status)] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(status),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new OpenApiMediaType { Schema = error } },
                Headers = status == 429 ? RateLimitHeaders() : null,
            };
        }

        AddPath(document, "/health", "health", "Whether the process answers.", "application/json", ("200", "It does."));
        AddPath(document, "/ready", "ready", "Whether it wants traffic, and what it depends on.", "application/json", ("200", "It does."), ("503", "It is stopping, or can't work."));
        AddPath(document, "/metrics", "metrics", "Metrics in the text format of Prometheus.", "text/plain", ("200", "The metrics."), ("401", "No valid credential."), ("403", "Not an admin."));
    }

    private static Dictionary<string, IOpenApiHeader> RateLimitHeaders() => new(StringComparer.Ordinal)
    {
        ["Retry-After"] = new OpenApiHeader { Description = "Seconds until a request is taken again.", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer } },
        ["RateLimit"] = new OpenApiHeader { Description = "What is left, and the seconds until more is there; on every limited answer.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } },
        ["RateLimit-Policy"] = new OpenApiHeader { Description = "The quota and its window; on every limited answer.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } },
    };

    private static void AddPath(OpenApiDocument document, string path, string id, string summary, string contentType, params (string Code, string Description)[] answers)
    {
        var responses = new OpenApiResponses();
        foreach (var (code, description) in answers)
        {
            responses[code] = new OpenApiResponse
            {
                Description = description,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [contentType] = new OpenApiMediaType() },
            };
        }

        document.Tags ??= new HashSet<OpenApiTag>();
        document.Tags.Add(new OpenApiTag { Name = "Operations" });
        document.Paths[path] = new OpenApiPathItem
        {
            Operations = new Dictionary<HttpMethod, OpenApiOperation>
            {
                [HttpMethod.Get] = new()
                {
                    OperationId = id,
                    Summary = summary,
                    Tags = new HashSet<OpenApiTagReference> { new("Operations", document) },
                    Responses = responses,
                },
            },
        };
    }
}
