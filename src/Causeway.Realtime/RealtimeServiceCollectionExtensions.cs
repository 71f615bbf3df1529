using Causeway.Realtime;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the live service to an application.</summary>
public static class RealtimeServiceCollectionExtensions
{
    /// <summary>Adds rooms, connections and their limits; <c>MapRealtime</c> and <c>MapRoomEvents</c> let clients in.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options in code; they may be bound from configuration as well.</param>
    /// <returns>A builder for typed handlers.</returns>
    public static RealtimeBuilder AddRealtime(this IServiceCollection services, Action<RealtimeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptionsWithValidateOnStart<RealtimeOptions, RealtimeOptionsValidator>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LiveCore>();
        services.TryAddSingleton(static provider => provider.GetRequiredService<LiveCore>().Rooms);
        services.TryAddSingleton(static provider => provider.GetRequiredService<LiveCore>().Connections);
        services.TryAddSingleton(static provider => provider.GetRequiredService<LiveCore>().Access);
        services.TryAddSingleton<IRealtimeAuthenticator, UserAuthenticator>();
        services.TryAddSingleton<RoomActions>();
        services.TryAddSingleton<MessageDispatcher>();
        services.TryAddSingleton<Gate>();
        services.TryAddSingleton<WebSocketEndpoint>();
        services.TryAddSingleton<RoomEventsEndpoint>();
        services.AddHostedService<ClusterService>();
        services.AddHostedService<DrainOnStop>();
        return new RealtimeBuilder(services);
    }
}

[OptionsValidator]
internal sealed partial class RealtimeOptionsValidator : IValidateOptions<RealtimeOptions>;
