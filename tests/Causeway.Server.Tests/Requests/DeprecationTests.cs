using Causeway.Http;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Causeway.Server.Tests;

/// <summary>F6: an endpoint on its way out is marked in the OpenAPI document.</summary>
public sealed class DeprecationTests
{
    private static readonly DateTimeOffset Since = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Apply_DeprecatedOperation_SaysSinceWhenAndWhatElse()
    {
        var operation = await DescribeAsync(new DeprecationMetadata(Since, Since.AddYears(1), "/docs#new"));

        Assert.True(operation.Deprecated);
        Assert.Equal("Deprecated since 2026-07-01; may be gone from 2027-07-01 on. What to use instead: /docs#new", operation.Description);
        Assert.Equal(["Deprecation", "Link", "Sunset"], operation.Responses!["200"].Headers!.Keys.Order());
    }

    [Fact]
    public async Task Apply_NoEndYet_SaysNone()
    {
        var operation = await DescribeAsync(new DeprecationMetadata(Since, null, null));

        Assert.Equal("Deprecated since 2026-07-01.", operation.Description);
        Assert.Equal(["Deprecation"], operation.Responses!["200"].Headers!.Keys);
    }

    [Fact]
    public async Task Apply_OtherOperation_IsNotDeprecated()
    {
        var operation = await DescribeAsync();

        Assert.False(operation.Deprecated);
        Assert.Null(operation.Responses!["200"].Headers);
    }

    private static async Task<OpenApiOperation> DescribeAsync(params object[] metadata)
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        var operation = new OpenApiOperation { Responses = new OpenApiResponses { ["200"] = new OpenApiResponse() } };
        var context = new OpenApiOperationTransformerContext
        {
            DocumentName = "v1",
            Description = new Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription { ActionDescriptor = new ActionDescriptor { EndpointMetadata = [.. metadata] } },
            ApplicationServices = services,
            Document = new OpenApiDocument(),
        };
        await OperationDetails.Apply(operation, context, TestContext.Current.CancellationToken);
        return operation;
    }
}
