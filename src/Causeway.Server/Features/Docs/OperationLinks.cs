using System.Text.RegularExpressions;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>What one can go on to with an answer: from what was created to what can be done with it, and from a page to the next.</summary>
internal static partial class OperationLinks
{
    public static void Add(OpenApiDocument document)
    {
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                if (method == HttpMethod.Post && Created(operation) is { } created)
                {
                    LinkCreated(document, path, created);
                }
                else if (method == HttpMethod.Get && Answer(operation, "200") is { } page && Has(page, "next_cursor", document))
                {
                    Links(page)["next_page"] = new OpenApiLink
                    {
                        OperationId = operation.OperationId,
                        Description = "The next page, with the same other parameters, while has_next is true.",
                        Parameters = Expression("cursor", "$response.body#/next_cursor"),
                    };
                }
            }
        }
    }

    private static void LinkCreated(OpenApiDocument document, string path, OpenApiResponse created)
    {
        foreach (var (itemPath, item) in document.Paths)
        {
            if (ItemOf(path).Match(itemPath) is not { Success: true } match)
            {
                continue;
            }

            var name = match.Groups[1].Value;
            if ((Has(created, name, document) ? name : Has(created, "id", document) ? "id" : null) is not { } id)
            {
                continue;
            }

            foreach (var (method, operation) in item.Operations ?? [])
            {
                Links(created)[operation.OperationId!] = new OpenApiLink
                {
                    OperationId = operation.OperationId,
                    Description = operation.Summary,
                    Parameters = Expression(name, "$response.body#/" + id),
                };
                if (method == HttpMethod.Get)
                {
                    (created.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal))["Location"] = ResponseHeaders.Text("Where it is now.");
                }
            }
        }
    }

    private static OpenApiResponse? Created(OpenApiOperation operation) => Answer(operation, "201");

    private static OpenApiResponse? Answer(OpenApiOperation operation, string status) => operation.Responses?.GetValueOrDefault(status) as OpenApiResponse;

    private static IDictionary<string, IOpenApiLink> Links(OpenApiResponse response) =>
        response.Links ??= new Dictionary<string, IOpenApiLink>(StringComparer.Ordinal);

    private static Dictionary<string, RuntimeExpressionAnyWrapper> Expression(string parameter, string expression) =>
        new(StringComparer.Ordinal) { [parameter] = new RuntimeExpressionAnyWrapper { Expression = RuntimeExpression.Build(expression) } };

    private static bool Has(OpenApiResponse response, string property, OpenApiDocument document)
    {
        IOpenApiSchema? schema = response.Content is { } content && content.TryGetValue("application/json", out var media) ? media.Schema : null;
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            schema = document.Components?.Schemas?[id];
        }

        return schema?.Properties?.ContainsKey(property) == true;
    }

    /// <summary>The path of one of a collection's items, whose last part is a parameter.</summary>
    private static Regex ItemOf(string collection) => new("^" + Regex.Escape(collection) + @"/\{([a-z_]+)\}$", RegexOptions.CultureInvariant);
}
