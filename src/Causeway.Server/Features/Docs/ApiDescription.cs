using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The OpenAPI document: made from the mapped endpoints, plus what only the pipeline knows.</summary>
internal static class ApiDescription
{
    public static IServiceCollection AddApiDescription(this IServiceCollection services, ServerSettings settings) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;

        // Every GET answers HEAD too; that needs no description of its own.
        options.ShouldInclude = static description => description.HttpMethod != HttpMethods.Head;
        options.CreateSchemaReferenceId = static type => SchemaNames.Of(type.Type, OpenApiOptions.CreateDefaultSchemaReferenceId(type));
        options.AddSchemaTransformer(SchemaDetails.Apply);
        options.AddOperationTransformer(OperationDetails.Apply);
        options.AddDocumentTransformer((document, context, cancellationToken) => DocumentDetails.ApplyAsync(document, context, settings, cancellationToken));
    });

    public static IEndpointConventionBuilder MapLiveDescription(this IEndpointRouteBuilder app, ServerSettings settings) => app.MapAsyncApi("/asyncapi.json", document =>
    {
        document.Title = "Causeway";
        document.Version = ServerApp.Version;
        document.PublicUrl = settings.Server.PublicUrl is { } url ? new Uri(url) : null;
    });

    public static IEndpointConventionBuilder MapApiDescription(this IEndpointRouteBuilder app) => app.MapOpenApi("/openapi/{documentName}.json");
}
