using System.Diagnostics.Metrics;
using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds work that is done again and again in the background.</summary>
public static class LoopServiceCollectionExtensions
{
    /// <summary>
    /// Adds a loop. One iteration runs at a time; what it throws is logged under the loop's name, harms nothing else, and makes the next one wait longer;
    /// one that takes too long is cancelled. <see cref="Loops"/> shows, runs, pauses and resumes it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">Unique, such as <c>clean-up</c>: for the log, the metrics and people.</param>
    /// <param name="interval">From the start of one iteration to that of the next; one that takes longer is followed at once. 10 ms–30 days.</param>
    /// <param name="runAsync">One iteration. It should end soon after its token is cancelled; it is left behind when it does not, and the next one is told so.</param>
    /// <param name="configure">Sets deadline and back-off, and whether the service can live without it.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddLoop(
        this IServiceCollection services, string name, TimeSpan interval, Func<LoopContext, CancellationToken, Task> runAsync, Action<LoopOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(runAsync);
        var options = new LoopOptions();
        configure?.Invoke(options);
        options.Check(name, interval);
        return services.AddLoops().AddSingleton(new LoopRegistration(name, interval, options, runAsync));
    }

    /// <summary>Adds <see cref="Loops"/>, with none yet.</summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddLoops(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new Loops(
            provider,
            provider.GetServices<LoopRegistration>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Loops>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LoopService>());
        return services;
    }
}
