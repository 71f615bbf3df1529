using Causeway.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what the log of requests needs.</summary>
public static class RequestLogServiceCollectionExtensions
{
    /// <summary>Adds the <see cref="RequestLog"/>, which is off until it is told otherwise.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="rules">What is logged from the start; null for nothing.</param>
    public static IServiceCollection AddRequestLog(this IServiceCollection services, RequestLogRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider =>
        {
            var log = new RequestLog(provider.GetRequiredService<TimeProvider>());
            log.Configure(rules);
            return log;
        });
        return services;
    }
}
