using System.Globalization;
using System.Reflection;
using Causeway.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>What the pipeline adds to every operation: page and idempotency parameters, the credential, and the refusals that no handler makes.</summary>
internal static class OperationDetails
{
    /// <summary>Under this name the document describes how a credential is sent.</summary>
    public const string SecurityScheme = "bearer";

    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["room_id"] = "The room: 1 to 128 of A-Z a-z 0-9 _ . : -",
        ["user_id"] = "The user: 1 to 128 characters.",
        ["connection_id"] = "The connection, as connected told its client.",
        ["name"] = "Its name in the configuration.",
        ["from"] = "Where to begin without an id: start or end of the file; the source's own From when absent.",
        ["limit"] = "At most so many lines: 1 to 1000; 100 when absent.",
        ["last_event_id"] = "Goes on after the event of this id, as the header Last-Event-ID does.",
        ["prefix"] = "Only rooms whose names begin so.",
        ["reason"] = "What the people concerned are told, at most 200 characters.",
        ["after"] = "Only messages after this offset, the oldest of them first.",
        ["before"] = "Only messages before this offset.",
    };

    private static readonly int[] Always = [400, 403, 500];
    private static readonly int[] WithBody = [413, 415, 422];

    public static Task Apply(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var handler = metadata.OfType<MethodInfo>().FirstOrDefault();
        if (handler?.GetParameters().Any(static parameter => parameter.ParameterType == typeof(PageRequest)) == true)
        {
            AddParameter(operation, "cursor", ParameterLocation.Query, "Where the last page ended: its next_cursor. Absent for the first page.", new OpenApiSchema { Type = JsonSchemaType.String });
            AddParameter(operation, "limit", ParameterLocation.Query, "Items on a page.", new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "1",
                Maximum = PageRequest.MaxLimit.ToString(CultureInfo.InvariantCulture),
                Default = PageRequest.DefaultLimit,
            });
        }

        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Description ??= Parameters.GetValueOrDefault(parameter.Name!);
            if (parameter.Name is "after" or "before")
            {
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" };
            }
        }

        if (metadata.OfType<IdempotencyKeyMetadata>().Any())
        {
            AddParameter(
                operation, "Idempotency-Key", ParameterLocation.Header,
                "Any text of 1 to 255 printable characters. A repeat with the same key and body within 24 h gets the first answer and does nothing again.",
                new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 });
        }

        if (metadata.OfType<AccessRule>().Any())
        {
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SecurityScheme, context.Document)] = [] }];
        }

        var refusals = operation.RequestBody is null ? Always : Always.Concat(WithBody);
        if (metadata.OfType<RateLimitMetadata>().LastOrDefault() is { Policy: not null })
        {
            refusals = refusals.Append(429);
        }

        foreach (var status in refusals)
        {
            operation.Responses ??= [];
            var code = status.ToString(CultureInfo.InvariantCulture);
            operation.Responses.TryAdd(code, new OpenApiResponseReference(DocumentDetails.ResponseName(status), context.Document));
        }

        var responses = operation.Responses!.OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        operation.Responses!.Clear();
        foreach (var (code, response) in responses)
        {
            operation.Responses.Add(code, response);
        }

        return Task.CompletedTask;
    }

    private static void AddParameter(OpenApiOperation operation, string name, ParameterLocation place, string description, OpenApiSchema schema)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = place, Description = description, Schema = schema });
    }
}
