using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what <c>/ready</c> asks.</summary>
public static class ReadinessServiceCollectionExtensions
{
    /// <summary>Adds <see cref="Readiness"/>, with no check yet.</summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddReadiness(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new Readiness(
            provider,
            provider.GetServices<ReadinessCheck>(),
            provider.GetServices<IReadinessSource>(),
            provider.GetService<DrainState>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Logging.ILogger<Readiness>>()));
        return services;
    }

    /// <summary>Adds a check.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">What is checked, such as <c>database</c>.</param>
    /// <param name="check">Has 800 ms. An exception counts as unavailable; its text goes to the log only.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddReadinessCheck(
        this IServiceCollection services, string name, Func<CancellationToken, ValueTask<ReadinessResult>> check) =>
        services.AddReadinessCheck(name, (_, cancellationToken) => check(cancellationToken));

    /// <summary>Adds a check that needs services.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">What is checked, such as <c>database</c>.</param>
    /// <param name="check">Gets the application's root services. Has 800 ms; an exception counts as unavailable.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddReadinessCheck(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, ValueTask<ReadinessResult>> check) =>
        services.AddReadiness().AddSingleton(new ReadinessCheck(name, check));
}
