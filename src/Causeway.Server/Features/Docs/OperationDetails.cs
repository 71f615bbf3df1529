using System.Globalization;
using System.Reflection;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>What the pipeline adds to every operation: page and idempotency parameters, the credential, and the refusals that no handler makes.</summary>
internal static class OperationDetails
{
    private static readonly int[] Always = [400, 403, 500];
    private static readonly int[] WithBody = [413, 415, 422];

    public static Task Apply(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        AddParameters(operation, metadata);
        if (metadata.OfType<UploadMetadata>().Any())
        {
            operation.RequestBody = UploadDetails.Body();
        }

        if (metadata.OfType<AccessRule>().LastOrDefault() is { } rule)
        {
            operation.Security = SecurityDetails.Require(rule, context.Document!);
        }

        if (operation.RequestBody is OpenApiRequestBody body)
        {
            var limit = metadata.OfType<IRequestSizeLimitMetadata>().LastOrDefault()?.MaxRequestBodySize ?? MessageLimits.BodyBytes;
            body.Description ??= string.Create(CultureInfo.InvariantCulture, $"At most {limit:N0} bytes.");
        }

        var isLimited = metadata.OfType<RateLimitMetadata>().LastOrDefault() is { Policy: not null };
        AddResponses(operation, context, isLimited, metadata.OfType<ConditionalMetadata>().Any());
        if (metadata.OfType<DeprecationMetadata>().LastOrDefault() is { } deprecation)
        {
            DescribeDeprecation(operation, deprecation);
        }

        if (metadata.OfType<DownloadMetadata>().Any())
        {
            UploadDetails.Describe(operation.Responses);
        }

        ResponseHeaders.AddDeclared(operation, metadata.OfType<ResponseHeader>());
        if (metadata.OfType<IdempotencyKeyMetadata>().Any())
        {
            ResponseHeaders.AddReplayed(operation);
        }

        return Task.CompletedTask;
    }

    private static void AddParameters(OpenApiOperation operation, IList<object> metadata)
    {
        var handler = metadata.OfType<MethodInfo>().FirstOrDefault();
        if (handler?.GetParameters().Any(static parameter => parameter.ParameterType == typeof(PageRequest)) == true)
        {
            AddParameter(operation, "cursor", ParameterLocation.Query, "Where the last page ended: its next_cursor. Absent for the first page.", new OpenApiSchema { Type = JsonSchemaType.String });
            AddParameter(operation, "limit", ParameterLocation.Query, "Items on a page.", ParameterDetails.Whole(1, PageRequest.MaxLimit, PageRequest.DefaultLimit));
        }

        foreach (var (name, description, schema) in ListParameters(metadata.OfType<ListMetadata>().LastOrDefault(), handler))
        {
            AddParameter(operation, name, ParameterLocation.Query, description, schema);
        }

        if (metadata.OfType<IdempotencyKeyMetadata>().Any())
        {
            AddParameter(
                operation, "Idempotency-Key", ParameterLocation.Header,
                "Any text of 1 to 255 printable characters. A repeat with the same key and body within 24 h gets the first answer and does nothing again.",
                new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255, Pattern = "^[ -~]+$" });
        }

        if (metadata.OfType<ConditionalMetadata>().Any())
        {
            AddParameter(
                operation, "If-Match", ParameterLocation.Header,
                "The ETag of the version that is meant, or * for any. Where it is another one by now: 412, with the present tag in details.etag.",
                new OpenApiSchema { Type = JsonSchemaType.String });
        }

        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            ParameterDetails.Apply(parameter);
        }
    }

    private static void AddResponses(OpenApiOperation operation, OpenApiOperationTransformerContext context, bool isLimited, bool isConditional)
    {
        operation.Responses ??= [];
        IEnumerable<int> refusals = operation.RequestBody is null ? Always : [.. Always, .. WithBody];
        refusals = isConditional ? refusals.Append(412).Append(428) : refusals;
        foreach (var status in isLimited ? refusals.Append(429) : refusals)
        {
            operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse());
        }

        var responses = operation.Responses.OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToList();
        operation.Responses.Clear();
        foreach (var (code, response) in responses)
        {
            // A refusal is the same wherever it comes from.
            var status = int.Parse(code, CultureInfo.InvariantCulture);
            operation.Responses.Add(code, status >= 400 ? new OpenApiResponseReference(RefusalDetails.NameOf(status), context.Document) : response);
            if (isLimited && status < 400 && response is OpenApiResponse own)
            {
                ResponseHeaders.AddLimits(own, context.Document!);
            }
        }
    }

    private static void DescribeDeprecation(OpenApiOperation operation, DeprecationMetadata deprecation)
    {
        operation.Deprecated = true;
        var text = string.Create(CultureInfo.InvariantCulture, $"Deprecated since {deprecation.Since.UtcDateTime:yyyy-MM-dd}");
        text += deprecation.Sunset is { } sunset ? string.Create(CultureInfo.InvariantCulture, $"; may be gone from {sunset.UtcDateTime:yyyy-MM-dd} on.") : ".";
        text += deprecation.Documentation is { } documentation ? $" What to use instead: {documentation}" : "";
        operation.Description = string.IsNullOrEmpty(operation.Description) ? text : $"{operation.Description}\n\n{text}";
        ResponseHeaders.AddDeclared(operation, (operation.Responses ?? []).Where(static pair => pair.Key.StartsWith('2')).SelectMany(pair =>
        {
            var status = int.Parse(pair.Key, CultureInfo.InvariantCulture);
            return (IEnumerable<ResponseHeader>)
            [
                new(status, "Deprecation", "Since when it should no longer be used: @ and seconds since 1970 (RFC 9745).", Always: true),
                .. deprecation.Sunset is null ? [] : (ResponseHeader[])[new(status, "Sunset", "From when it may be gone, as a date (RFC 8594).", Always: true)],
                .. deprecation.Documentation is null ? [] : (ResponseHeader[])[new(status, "Link", "What to use instead.", Always: true)],
            ];
        }));
    }

    private static IEnumerable<(string Name, string Description, OpenApiSchema Schema)> ListParameters(ListMetadata? list, MethodInfo? handler)
    {
        if (list is null)
        {
            return [];
        }

        var isCsv = handler?.GetParameters().Any(static parameter => parameter.ParameterType == typeof(ExportRequest)) == true;
        return isCsv ? ListDetails.Describe(list).Concat(ListDetails.DescribeCsv()) : ListDetails.Describe(list);
    }

    private static void AddParameter(OpenApiOperation operation, string name, ParameterLocation place, string description, OpenApiSchema schema)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter { Name = name, In = place, Description = description, Schema = schema });
    }
}
