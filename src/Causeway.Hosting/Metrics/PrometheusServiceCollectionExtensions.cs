using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the metrics.</summary>
public static class PrometheusServiceCollectionExtensions
{
    /// <summary>Listens to the meters of <paramref name="configure"/> and to the runtime's own.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Adds meters, such as <c>options.Meters.Add("Causeway.*")</c>.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPrometheus(this IServiceCollection services, Action<PrometheusOptions>? configure = null)
    {
        services.AddMetrics();
        services.AddOptions<PrometheusOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(static options => options.MaxSeriesPerMetric is > 0 and <= 100_000, "MaxSeriesPerMetric must be 1 to 100,000.");
        services.TryAddSingleton<PrometheusExporter>();
        return services;
    }
}
