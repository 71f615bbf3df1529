using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>Bodies that are files, in both directions.</summary>
internal static class UploadDetails
{
    public static OpenApiRequestBody Body() => new()
    {
        Description = "The file itself, under its own media type or application/octet-stream; or a form whose last part is the file.",
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            ["application/octet-stream"] = new() { Schema = File() },
            ["multipart/form-data"] = new()
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                    {
                        ["name"] = new OpenApiSchema { Type = JsonSchemaType.String },
                        ["file"] = File(),
                    },
                    Required = new HashSet<string>(StringComparer.Ordinal) { "file" },
                },
            },
        },
    };

    /// <summary>What is sent of a file, whole or in part.</summary>
    public static void Describe(OpenApiResponses? responses)
    {
        foreach (var (status, response) in responses ?? [])
        {
            if (status is "200" or "206" && response is OpenApiResponse own)
            {
                own.Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["*/*"] = new() { Schema = File() } };
            }
        }
    }

    private static OpenApiSchema File() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
