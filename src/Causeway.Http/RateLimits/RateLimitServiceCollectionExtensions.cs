using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what rate limits need.</summary>
public static class RateLimitServiceCollectionExtensions
{
    /// <summary>Adds the <see cref="RateLimiter"/>, which <c>UseRateLimits</c> and handlers ask.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services, Action<RateLimitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.TryAddSingleton<RefusalMetrics>();
        services.TryAddSingleton<RateLimitMetrics>();
        services.TryAddSingleton(static provider => new RateLimiter(
            provider.GetRequiredService<IOptions<RateLimitOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<RateLimitMetrics>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RateLimitOptions>, RateLimitOptionsValidator>());
        services.AddOptions<RateLimitOptions>().ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
