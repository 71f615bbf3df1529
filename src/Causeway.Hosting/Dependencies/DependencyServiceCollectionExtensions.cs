using System.Diagnostics.Metrics;
using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what a service uses and can live without.</summary>
public static class DependencyServiceCollectionExtensions
{
    /// <summary>Adds <see cref="Dependencies"/>, with none yet.</summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDependencies(this IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(Dependencies)))
        {
            return services;
        }

        services.AddMetrics();
        services.AddReadiness();
        services.AddSingleton(static provider => new Dependencies(
            provider,
            provider.GetServices<DependencyRegistration>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Dependencies>>()));
        services.AddSingleton<IReadinessSource>(static provider => provider.GetRequiredService<Dependencies>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DependencyService>());
        return services;
    }

    /// <summary>
    /// Adds a dependency and asks it in the background how it is. While it is down the service runs on without it: <c>/ready</c> says what is degraded,
    /// <see cref="Dependency.IsAvailable"/> tells the code, and it recovers without a restart.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">Unique, such as <c>replica</c>. Everybody can read it on <c>/ready</c>.</param>
    /// <param name="probe">Returns, or throws where it does not work; what it throws goes to the log only. It may hang or block.</param>
    /// <param name="configure">Sets intervals, thresholds, and whether it is required.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDependency(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, ValueTask> probe, Action<DependencyOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return services.AddDependency(
            name,
            async (provider, cancellationToken) =>
            {
                await probe(provider, cancellationToken).ConfigureAwait(false);
                return ReadinessResult.Ready();
            },
            configure);
    }

    /// <inheritdoc cref="AddDependency(IServiceCollection, string, Func{IServiceProvider, CancellationToken, ValueTask}, Action{DependencyOptions})"/>
    /// <param name="services">The application's services.</param>
    /// <param name="name">Unique, such as <c>replica</c>. Everybody can read it on <c>/ready</c>.</param>
    /// <param name="probe">Says how it is, with details that everybody may read. It may throw, hang or block.</param>
    /// <param name="configure">Sets intervals, thresholds, and whether it is required.</param>
    public static IServiceCollection AddDependency(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, ValueTask<ReadinessResult>> probe, Action<DependencyOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(probe);
        var options = new DependencyOptions();
        configure?.Invoke(options);
        return services.AddDependencies().AddSingleton(new DependencyRegistration(name, probe, options.Checked(name)));
    }
}
