using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets a service take a changed configuration while it runs: SIGHUP runs the hooks.</summary>
public static class ReloadServiceCollectionExtensions
{
    /// <summary>Adds something that can change while the service runs.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">For the log, such as <c>certificates</c>.</param>
    /// <param name="order">Lower runs first; equal ones in the order they were added.</param>
    /// <param name="keys">What it puts into force: sections (<c>Relay:Routes</c>) or single keys. Changed keys that no hook names are logged as needing a restart.</param>
    /// <param name="reloadAsync">Checks first and changes then: it throws (a <see cref="ConfigurationException"/> for what a user can mend) and leaves everything as it
    /// was, or all of it is in force when it returns. Runs on every reload, whether or not a key changed; never twice at once.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddReload(
        this IServiceCollection services, string name, int order, IReadOnlyList<string> keys, Func<ReloadContext, CancellationToken, Task> reloadAsync)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(reloadAsync);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new Reloader(
            provider,
            provider.GetServices<ReloadHook>(),
            provider.GetService<ReloadSource>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Reloader>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ReloadSignal>());
        return services.AddSingleton(new ReloadHook(name, order, keys, reloadAsync));
    }

    /// <summary>Adds somebody who hears of every reload, after it, whether or not it changed something. What they throw is logged.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="tellAsync">Gets what the log has as well. The next reload waits for it.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddReloadObserver(this IServiceCollection services, Func<IServiceProvider, ReloadReport, CancellationToken, Task> tellAsync)
    {
        ArgumentNullException.ThrowIfNull(tellAsync);
        return services.AddSingleton(new ReloadObserver(tellAsync));
    }

    /// <summary>Says how the configuration is read again before the hooks run. Without it the hooks run on their own.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="read">Reads, checks, and puts the result where the hooks find it; or throws a <see cref="ConfigurationException"/>, and no hook runs.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddReloadSource(this IServiceCollection services, Func<IServiceProvider, CausewayConfiguration> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return services.AddSingleton(new ReloadSource(read));
    }
}
