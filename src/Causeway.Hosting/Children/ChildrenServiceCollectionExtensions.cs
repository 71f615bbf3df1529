using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds children that don't outlive their service.</summary>
public static class ChildrenServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ChildProcesses"/>. Before anything that is added later starts, the children that a crashed earlier run left behind are found by
    /// their record and ended. Add it first.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="dataDirectory">The service's own directory; the records are kept in <c>children/</c> in it. Services that share it clean up for each other.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddChildren(this IServiceCollection services, string dataDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new ChildJournal(Path.Combine(Path.GetFullPath(dataDirectory), "children")));
        services.TryAddSingleton<OrphanSweep>();
        services.TryAddSingleton(static provider => new ChildProcesses(
            provider.GetRequiredService<ChildJournal>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ChildProcesses>>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ChildrenService>());

        // An orphan may hold a port: where there is a preflight, it waits for this.
        services.AddPreflightStep("orphaned children", order: 0, static (provider, cancellationToken) =>
            provider.GetRequiredService<OrphanSweep>().RunAsync(cancellationToken));
        return services;
    }
}
