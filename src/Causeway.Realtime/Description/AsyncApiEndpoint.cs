using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Causeway.Realtime;

/// <summary>Serves the AsyncAPI document, with the address that it is asked for at.</summary>
internal sealed class AsyncApiEndpoint(AsyncApiOptions options, IEnumerable<HandlerRegistration> handlers, EndpointDataSource endpoints)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task HandleAsync(HttpContext context)
    {
        var (scheme, host) = options.PublicUrl is { } url ? (url.Scheme, url.Authority) : (context.Request.Scheme, context.Request.Host.Value ?? "");
        var document = new AsyncApiDocument(options, handlers).Build(scheme, host, PathsOf(LiveEndpoint.WebSocket), PathsOf(LiveEndpoint.Events));
        var response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        using (var writer = new Utf8JsonWriter(response.BodyWriter, Relaxed))
        {
            document.WriteTo(writer);
        }

        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private List<string> PathsOf(LiveEndpoint kind) =>
    [
        .. endpoints.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.Metadata.GetMetadata<LiveEndpoint>() == kind)
            .Select(static endpoint => "/" + endpoint.RoutePattern.RawText?.TrimStart('/')),
    ];
}
