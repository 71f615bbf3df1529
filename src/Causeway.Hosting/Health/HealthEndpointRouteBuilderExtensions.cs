using System.Text.Json;
using Causeway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the questions a load balancer asks.</summary>
public static class HealthEndpointRouteBuilderExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Maps <c>/health</c>: 200 while the process answers at all; and <c>/ready</c>: 200, or 503 while it drains or a check says it can't work.
    /// Open to everybody.
    /// </summary>
    /// <param name="endpoints">The application; its services need <c>AddReadiness</c> or a check.</param>
    /// <returns>Conventions for both endpoints.</returns>
    public static IEndpointConventionBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var readiness = endpoints.ServiceProvider.GetRequiredService<Readiness>();
        var group = endpoints.MapGroup("");
        group.MapMethods("/health", Methods, static context => WriteAsync(context, StatusCodes.Status200OK, "{\"status\":\"ok\"}"u8.ToArray()));
        group.MapMethods("/ready", Methods, async context =>
        {
            var report = await readiness.CheckAsync();
            await WriteAsync(context, report.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, ToJson(report));
        });
        group.AllowAnonymous().ExcludeFromDescription().DisableHttpMetrics();
        return group;
    }

    private static async Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(json, context.RequestAborted);
        }
    }

    private static ReadOnlyMemory<byte> ToJson(ReadinessReport report)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("status", report.Status);
        writer.WriteStartArray("checks");
        foreach (var (name, result) in report.Checks)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("status", Readiness.NameOf(result.Status));
            writer.WriteString("detail", result.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
