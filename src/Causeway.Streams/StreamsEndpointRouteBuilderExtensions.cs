using System.Diagnostics.CodeAnalysis;
using Causeway.Http;
using Causeway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints of streams.</summary>
public static class StreamsEndpointRouteBuilderExtensions
{
    private static readonly ApiError NoSuchStream = new(ErrorCode.NotFound, "There is no stream of this name.");

    /// <summary>Serves the streams under <paramref name="pattern"/>: <c>/</c> lists them, <c>/{name}</c> shows one, <c>/{name}/events</c> is its Server-Sent Events.</summary>
    /// <returns>The three endpoints, for conventions such as who may call them.</returns>
    /// <exception cref="InvalidOperationException"><c>AddStreams</c> was not called.</exception>
    public static RouteGroupBuilder MapStreams(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/api/v1/streams")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var events = endpoints.ServiceProvider.GetService<StreamEventsEndpoint>()
            ?? throw new InvalidOperationException($"{nameof(MapStreams)} needs the streams: call builder.Services.AddStreams() first.");
        var group = endpoints.MapGroup(pattern);
        group.MapGet("", static (PageRequest page, FileStreams streams) => CursorPage.From(streams.List(), static stream => stream.Name, page, "streams"))
            .WithName("listStreams").WithSummary("List the streams, in the order of their names.")
            .Produces<CursorPage<StreamInfo>>(StatusCodes.Status200OK, "application/json");
        group.MapGet("/{name}", static (string name, FileStreams streams) => streams.Find(name) is { } found ? TypedResults.Ok(found) : NoSuchStream.ToResult())
            .WithName("getStream").WithSummary("Show one stream.")
            .Produces<StreamInfo>(StatusCodes.Status200OK, "application/json");
        group.MapGet(
                "/{name}/events",
                (HttpContext context, string name, string? from, string? last_event_id) => events.HandleAsync(context, name, from, last_event_id))
            .WithName("readStream").WithSummary("Read a stream's lines as Server-Sent Events; Last-Event-ID or last_event_id goes on after that line.")
            .Produces(StatusCodes.Status200OK, contentType: "text/event-stream").Produces(StatusCodes.Status204NoContent);
        return group;
    }
}
