using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the live service's endpoints.</summary>
public static class RealtimeEndpointRouteBuilderExtensions
{
    /// <summary>Takes WebSocket connections at <paramref name="pattern"/>; no <c>UseWebSockets</c> is needed.</summary>
    public static IEndpointConventionBuilder MapRealtime(this IEndpointRouteBuilder endpoints, string pattern = "/ws") => throw new NotImplementedException();

    /// <summary>Serves rooms as Server-Sent Events at <paramref name="pattern"/>.</summary>
    public static IEndpointConventionBuilder MapRoomEvents(this IEndpointRouteBuilder endpoints, string pattern = "/sse") => throw new NotImplementedException();
}
