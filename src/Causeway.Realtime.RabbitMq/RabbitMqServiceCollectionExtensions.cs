using Causeway.Realtime;
using Causeway.Realtime.RabbitMq;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a backplane on RabbitMQ to an application.</summary>
public static class RabbitMqServiceCollectionExtensions
{
    /// <summary>
    /// Makes this process one of the nodes that hear each other over a RabbitMQ broker. Needs an <see cref="IRoomLogStore"/> and an <see cref="IClusterStore"/> that the nodes share, such as those of
    /// <c>AddDurableRooms</c> and <c>AddPostgresClusterStore</c>: the broker carries what must be known now, what must not be lost is in the store.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options in code; they may be bound from configuration as well.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddRabbitMqBackplane(this IServiceCollection services, Action<RabbitMqBackplaneOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptionsWithValidateOnStart<RabbitMqBackplaneOptions, RabbitMqBackplaneOptionsValidator>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IBackplane>(static provider => new RabbitMqBackplane(
            provider.GetRequiredService<IOptions<RabbitMqBackplaneOptions>>().Value, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Realtime.RabbitMq")));
        return services;
    }
}
