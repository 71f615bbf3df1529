using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what the check of Host and Origin needs.</summary>
public static class HostAndOriginServiceCollectionExtensions
{
    /// <summary>Adds the options of <c>UseHostAndOriginCheck</c>, and the exposure it goes by (<c>AddLocalAccess</c>).</summary>
    public static IServiceCollection AddHostAndOriginCheck(this IServiceCollection services, Action<HostAndOriginOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLocalAccess();
        services.AddMetrics();
        services.TryAddSingleton<RefusalMetrics>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HostAndOriginOptions>, HostAndOriginOptionsValidator>());
        services.AddOptions<HostAndOriginOptions>().ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
