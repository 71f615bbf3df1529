using Causeway.Relay;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the relayed routes.</summary>
public static class RelayEndpointRouteBuilderExtensions
{
    /// <summary>Relays the configured routes to their backends. Every endpoint of the application's own comes before them.</summary>
    /// <returns>Adds metadata to every route, those of later configurations included.</returns>
    /// <exception cref="InvalidOperationException"><c>AddRelay</c> was not called.</exception>
    public static IEndpointConventionBuilder MapRelay(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var routes = endpoints.ServiceProvider.GetService<RelayRoutes>()
            ?? throw new InvalidOperationException("MapRelay needs the relay: call builder.Services.AddRelay() first.");
        if (!endpoints.DataSources.Contains(routes.Endpoints))
        {
            endpoints.DataSources.Add(routes.Endpoints);
        }

        return routes.Endpoints;
    }
}
