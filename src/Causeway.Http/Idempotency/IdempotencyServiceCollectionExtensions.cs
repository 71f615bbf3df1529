using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what idempotent endpoints need.</summary>
public static class IdempotencyServiceCollectionExtensions
{
    /// <summary>The key under which the store in memory is among the services, whatever the application's own <see cref="IIdempotencyStore"/> is.</summary>
    public const string InMemory = "memory";

    /// <summary>Adds the options and, unless another <see cref="IIdempotencyStore"/> is there, the one in memory. That is there in any case, under <see cref="InMemory"/>.</summary>
    public static IServiceCollection AddIdempotency(this IServiceCollection services, Action<IdempotencyOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<IdempotencyOptions>, IdempotencyOptionsValidator>());
        services.AddOptions<IdempotencyOptions>().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddKeyedSingleton<IIdempotencyStore, MemoryIdempotencyStore>(InMemory);
        services.TryAddSingleton(static provider => provider.GetRequiredKeyedService<IIdempotencyStore>(InMemory));
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
