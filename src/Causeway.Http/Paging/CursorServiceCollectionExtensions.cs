using System.Security.Cryptography;
using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the signing of cursors.</summary>
public static class CursorServiceCollectionExtensions
{
    /// <summary>Signs the cursors of every <see cref="PageRequest"/> with the options' key.</summary>
    public static IServiceCollection AddCursors(this IServiceCollection services, Action<CursorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CursorOptions>, CursorOptionsValidator>());
        services.AddOptions<CursorOptions>().ValidateOnStart();
        services.TryAddSingleton(static provider =>
        {
            var key = provider.GetRequiredService<IOptions<CursorOptions>>().Value.SigningKey;
            return new CursorProtector(key is { } given ? given.Span : RandomNumberGenerator.GetBytes(32));
        });
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return services;
    }
}
