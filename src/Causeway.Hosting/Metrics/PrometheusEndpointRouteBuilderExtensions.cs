using Causeway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the metrics.</summary>
public static class PrometheusEndpointRouteBuilderExtensions
{
    /// <summary>Maps the metrics. The endpoint is as open as the application makes it: it shows traffic figures, no content.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The path.</param>
    /// <returns>The endpoint's conventions.</returns>
    public static IEndpointConventionBuilder MapPrometheus(this IEndpointRouteBuilder endpoints, string pattern = "/metrics")
    {
        var exporter = endpoints.ServiceProvider.GetRequiredService<PrometheusExporter>();
        return endpoints.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], async context =>
        {
            var body = System.Text.Encoding.UTF8.GetBytes(exporter.Collect());
            context.Response.ContentType = PrometheusText.ContentType;
            context.Response.ContentLength = body.Length;
            context.Response.Headers.CacheControl = "no-store";
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(body, context.RequestAborted);
            }
        }).ExcludeFromDescription().DisableHttpMetrics();
    }
}
