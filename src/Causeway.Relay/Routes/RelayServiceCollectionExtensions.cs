using System.Text;
using Causeway.Hosting;
using Causeway.Relay;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the relay to an application.</summary>
public static class RelayServiceCollectionExtensions
{
    /// <summary>Adds routes to backends; <c>MapRelay</c> lets requests in.</summary>
    /// <param name="services">The application's services. An <see cref="IRelayGate"/> among them decides who may use a route.</param>
    /// <param name="configure">Sets options in code; they may be bound from configuration as well.</param>
    public static IServiceCollection AddRelay(this IServiceCollection services, Action<RelayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptionsWithValidateOnStart<RelayOptions, RelayOptionsValidator>();
        services.AddMetrics();
        services.AddDependencies();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IMemoryPoolFactory<byte>, TransportBlocks>();
        services.TryAddSingleton<IRelayGate, OpenGate>();
        services.TryAddSingleton<RelayMetrics>();
        services.TryAddSingleton(static provider => new RelayAdmission(provider.GetRequiredService<IRelayGate>(), provider.GetService<DrainState>()));
        services.TryAddSingleton<HttpForwarder>();
        services.TryAddSingleton<RelayedWebSockets>();
        services.AddDrainStep("relayed WebSockets", order: 0, share: 1, static async (context, cancellationToken) =>
        {
            var (sentAway, cut) = await context.Services.GetRequiredService<RelayedWebSockets>().DrainAsync(context.Budget, cancellationToken).ConfigureAwait(false);
            if (sentAway > 0)
            {
                context.Report($"{sentAway} relayed WebSockets sent away");
            }

            if (cut > 0)
            {
                context.Report($"{cut} cut, since they did not end in time");
            }
        });
        services.TryAddSingleton<WebSocketRelay>();
        services.TryAddSingleton<RelayEndpoint>();
        services.TryAddSingleton(static provider =>
        {
            var routes = new RelayRoutes(
                provider.GetRequiredService<Dependencies>(),
                provider.GetRequiredService<RelayEndpoint>(),
                provider.GetRequiredService<ProcessHouse>(),
                provider.GetRequiredService<IOptions<RelayOptions>>().Value,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILoggerFactory>().CreateLogger<RelayRoutes>());
            provider.GetRequiredService<RelayMetrics>().Observe(routes);
            return routes;
        });
        services.AddBackendProcesses();

        // A backend's headers may hold any byte, and the client gets the same.
        services.Configure<KestrelServerOptions>(static kestrel => kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1);
        return services;
    }
}
