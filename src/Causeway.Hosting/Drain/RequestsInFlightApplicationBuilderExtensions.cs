using Causeway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Lets a drain wait for the requests that are being answered, and name those it had to cut.</summary>
public static class RequestsInFlightApplicationBuilderExtensions
{
    private static readonly object NotCounted = new NotInFlight();

    /// <summary>Adds the drain phase <c>requests in flight</c>; <see cref="UseRequestsInFlight"/> counts them.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="order">Among the drain steps; after those that send live connections away.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddRequestsInFlight(this IServiceCollection services, int order)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RequestsInFlight>();
        return services.AddDrainStep("requests in flight", order, share: 1, static (context, cancellationToken) =>
            context.Services.GetRequiredService<RequestsInFlight>().DrainAsync(context, cancellationToken));
    }

    /// <summary>
    /// Counts requests from here on. Stands after routing: an endpoint marked by <see cref="WithoutDrainWait{TBuilder}"/> and an upgrade pass without cost, since a live
    /// connection's request lasts for days and is ended by a phase of its own.
    /// </summary>
    /// <param name="app">The pipeline.</param>
    /// <returns>The same pipeline.</returns>
    public static IApplicationBuilder UseRequestsInFlight(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var requests = app.ApplicationServices.GetRequiredService<RequestsInFlight>();
        return app.Use(next => context =>
            context.Request.Headers.Upgrade.Count > 0 || context.GetEndpoint()?.Metadata.GetMetadata<NotInFlight>() is not null
                ? next(context)
                : CountAsync(requests, next, context));
    }

    /// <summary>Marks endpoints whose requests no drain waits for: streams, which end by <see cref="DrainState.Draining"/>, and live connections.</summary>
    /// <typeparam name="TBuilder">The endpoints' own type.</typeparam>
    /// <param name="endpoints">What was mapped.</param>
    /// <returns>The same endpoints.</returns>
    public static TBuilder WithoutDrainWait<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Add(static endpoint => endpoint.Metadata.Add(NotCounted));
        return endpoints;
    }

    private static async Task CountAsync(RequestsInFlight requests, RequestDelegate next, HttpContext context)
    {
        var request = requests.Enter(context.Request.Method, context.Request.Path.Value ?? "/");
        try
        {
            await next(context);
        }
        finally
        {
            requests.Leave(request);
        }
    }

    private sealed class NotInFlight;
}
