using System.Globalization;
using System.Text.Json.Nodes;
using Causeway.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The document's own parts: what it is, how a credential is sent, the refusals all share, what leads where, and the paths that are no API.</summary>
internal static class DocumentDetails
{
    private static readonly Dictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Rooms"] = "Rooms: an ordered log with members. What stands before the first colon of a name is its namespace, which sets the rules.",
        ["Publish"] = "Messages to rooms, users, connections and everybody.",
        ["Accounts"] = "One's own account: registering, logging in and out, sessions, password.",
        ["Users"] = "Accounts, as whoever runs the service sees them.",
        ["Roles"] = "Names for what several accounts may do.",
        ["API keys"] = "Credentials for servers.",
        ["Audit"] = "What was done, by whom, and what was refused.",
        ["Files"] = "Files, and those that are posted in rooms.",
        ["Connections"] = "Live connections, by WebSocket and as event streams.",
        ["Streams"] = "Growing files as event streams.",
        ["Backends"] = "Backends behind the relay, and the processes that the service runs for them.",
        ["Loops"] = "Periodic work in the background.",
        ["Jobs"] = "Durable jobs and the schedules that make them.",
        ["Service"] = "The service itself.",
        ["Operations"] = "For load balancers and monitoring.",
    };

    public static async Task ApplyAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, ServerSettings settings, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Causeway",
            Version = ServerApp.Version,
            Description = "Rooms, messages and live connections over HTTP. Live clients speak WebSocket at /ws or read event streams at /sse: that is in asyncapi.json.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        document.Servers = settings.Server.PublicUrl is { } url ? [new OpenApiServer { Url = url.TrimEnd('/') }] : [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        SecurityDetails.AddSchemes(document);
        ResponseHeaders.AddShared(document);

        ServicePaths.Add(document);
        await DescribeBatchAsync(document, context, cancellationToken);
        await AddRefusalsAsync(document, context, cancellationToken);
        OperationLinks.Add(document);
        DescribeTags(document);
    }

    private static async Task AddRefusalsAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var error = await ReferAsync(typeof(ErrorDocument), document, context, cancellationToken);
        var problem = await ReferAsync(typeof(ProblemDocument), document, context, cancellationToken);
        var responses = document.Components!.Responses ??= new Dictionary<string, IOpenApiResponse>(StringComparer.Ordinal);
        foreach (var operation in document.Paths.Values.SelectMany(static item => item.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>()))
        {
            foreach (var (code, response) in operation.Responses ?? [])
            {
                var status = int.Parse(code, CultureInfo.InvariantCulture);
                if (response is OpenApiResponseReference && !responses.ContainsKey(RefusalDetails.NameOf(status)))
                {
                    responses[RefusalDetails.NameOf(status)] = RefusalDetails.Describe(status, error, problem);
                }
                else if (response is OpenApiResponse own)
                {
                    ResponseHeaders.AddTo(own, document);
                }
            }
        }

        foreach (var response in responses.Values.OfType<OpenApiResponse>())
        {
            ResponseHeaders.AddTo(response, document);
            ResponseHeaders.AddLimits(response, document);
        }

        if (document.Components.Schemas is { } schemas
            && schemas.TryGetValue(SchemaNames.Of(typeof(ErrorBody), nameof(ErrorBody))!, out var body)
            && body.Properties?["code"] is OpenApiSchema name)
        {
            name.Examples = [.. ErrorCode.All.Select(static code => JsonValue.Create(code.Name))];
        }
    }

    /// <summary>A batch reads its messages one by one, so that a bad one does not stop the rest; its type does not say what they are.</summary>
    private static async Task DescribeBatchAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var batch = document.Components!.Schemas![SchemaNames.Of(typeof(PublishBatch.BatchRequest), nameof(PublishBatch.BatchRequest))!];
        batch.Properties!["messages"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            MaxItems = PublishBatch.MaxMessages,
            Items = await ReferAsync(typeof(PublishBatch.BatchMessage), document, context, cancellationToken),
            Description = "Published one after the other. Each names a room_id or a user_id.",
        };
    }

    private static async Task<OpenApiSchemaReference> ReferAsync(
        Type type, OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var name = SchemaNames.Of(type, type.Name)!;
        var schemas = document.Components!.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        if (!schemas.ContainsKey(name))
        {
            schemas[name] = await context.GetOrCreateSchemaAsync(type, null, cancellationToken);
        }

        return new OpenApiSchemaReference(name, document);
    }

    private static void DescribeTags(OpenApiDocument document)
    {
        foreach (var tag in document.Tags ?? Enumerable.Empty<OpenApiTag>())
        {
            tag.Description ??= tag.Name is { } name ? Tags.GetValueOrDefault(name) : null;
        }
    }
}
