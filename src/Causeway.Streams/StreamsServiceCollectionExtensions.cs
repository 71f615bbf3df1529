using Causeway.Streams;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds growing files as event streams to an application.</summary>
public static class StreamsServiceCollectionExtensions
{
    /// <summary>Adds the configured streams; <c>MapStreams</c> lets readers in.</summary>
    /// <remarks>Register a <see cref="StreamDrain"/> to tie open streams to a drain of your own.</remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Names the sources; they may be bound from configuration as well.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddStreams(this IServiceCollection services, Action<StreamsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StreamsOptions>, StreamsOptionsValidator>());
        services.AddOptions<StreamsOptions>().ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddMetrics();
        services.AddCursors();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StreamsMetrics>();
        services.TryAddSingleton(static provider => new FileStreams(
            provider.GetRequiredService<IOptions<StreamsOptions>>().Value,
            provider.GetRequiredService<StreamsMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Streams")));
        services.TryAddSingleton(static provider => new StreamDrain(
            static () => TimeSpan.Zero, provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
        services.TryAddSingleton<StreamEventsEndpoint>();
        return services;
    }
}
