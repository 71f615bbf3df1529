using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the decision who can reach the service.</summary>
public static class LocalAccessServiceCollectionExtensions
{
    /// <summary>Decides the <see cref="Exposure"/> at start and makes <see cref="LocalAccess"/> work; contradictory settings fail the start.</summary>
    public static IServiceCollection AddLocalAccess(this IServiceCollection services, Action<ExposureOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ExposureOptions>, ExposureOptionsValidator>());
        services.AddOptions<ExposureOptions>().ValidateOnStart();
        services.TryAddSingleton(static provider => Exposure.Decide(provider.GetRequiredService<IOptions<ExposureOptions>>().Value));
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
