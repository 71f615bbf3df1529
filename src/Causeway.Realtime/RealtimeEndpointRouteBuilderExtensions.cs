using System.Diagnostics.CodeAnalysis;
using Causeway.Realtime;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the live service's endpoints.</summary>
public static class RealtimeEndpointRouteBuilderExtensions
{
    private static readonly string[] UpgradeMethods = [HttpMethods.Get, HttpMethods.Connect];

    private static readonly string[] StreamMethods = [HttpMethods.Get];

    /// <summary>Takes WebSocket connections at <paramref name="pattern"/>; no <c>UseWebSockets</c> is needed. RFC 6455 on HTTP/1.1, RFC 8441 on HTTP/2.</summary>
    /// <exception cref="InvalidOperationException"><c>AddRealtime</c> was not called.</exception>
    public static IEndpointConventionBuilder MapRealtime(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/ws")
    {
        var endpoint = Get<WebSocketEndpoint>(endpoints, nameof(MapRealtime));
        return endpoints.MapMethods(pattern, UpgradeMethods, endpoint.HandleAsync).WithDisplayName("Live connections (WebSocket)").WithMetadata(LiveEndpoint.WebSocket);
    }

    /// <summary>Serves rooms as Server-Sent Events at <paramref name="pattern"/>: <c>?room=a&amp;room=b</c>.</summary>
    /// <exception cref="InvalidOperationException"><c>AddRealtime</c> was not called.</exception>
    public static IEndpointConventionBuilder MapRoomEvents(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/sse")
    {
        var endpoint = Get<RoomEventsEndpoint>(endpoints, nameof(MapRoomEvents));
        return endpoints.MapMethods(pattern, StreamMethods, endpoint.HandleAsync).WithDisplayName("Rooms as event streams").WithMetadata(LiveEndpoint.Events);
    }

    /// <summary>
    /// Describes the live service at <paramref name="pattern"/> in the form of AsyncAPI 3.0: where it was mapped, the protocol's own messages, and those of the handlers that
    /// were registered, with the rules of their validation attributes.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">Where.</param>
    /// <param name="configure">What the document says of the application.</param>
    /// <exception cref="InvalidOperationException"><c>AddRealtime</c> was not called.</exception>
    public static IEndpointConventionBuilder MapAsyncApi(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/asyncapi.json", Action<AsyncApiOptions>? configure = null)
    {
        _ = Get<WebSocketEndpoint>(endpoints, nameof(MapAsyncApi));
        var options = new AsyncApiOptions();
        configure?.Invoke(options);
        var document = new AsyncApiEndpoint(
            options, endpoints.ServiceProvider.GetServices<HandlerRegistration>(), endpoints.ServiceProvider.GetRequiredService<EndpointDataSource>());
        return endpoints.MapMethods(pattern, StreamMethods, document.HandleAsync).WithDisplayName("AsyncAPI document");
    }

    private static T Get<T>(IEndpointRouteBuilder endpoints, string caller)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.ServiceProvider.GetService<T>()
            ?? throw new InvalidOperationException($"{caller} needs the live service: call builder.Services.AddRealtime() first.");
    }
}
