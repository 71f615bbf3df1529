using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what idempotent endpoints need.</summary>
public static class IdempotencyServiceCollectionExtensions
{
    /// <summary>Adds the options and, unless another <see cref="IIdempotencyStore"/> is there, the one in memory.</summary>
    public static IServiceCollection AddIdempotency(this IServiceCollection services, Action<IdempotencyOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IdempotencyOptions>, IdempotencyOptionsValidator>());
        services.AddOptions<IdempotencyOptions>().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IIdempotencyStore, MemoryIdempotencyStore>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
