using System.Diagnostics.Metrics;
using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>Registers what keeps backends' processes.</summary>
internal static class BackendProcessServices
{
    /// <summary>After requests in flight had their time.</summary>
    private const int DrainOrder = 900;

    public static void AddBackendProcesses(this IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(ProcessHouse)))
        {
            return;
        }

        services.AddSingleton(static provider => new ProcessHouse(
            provider.GetService<ChildProcesses>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Relay.Processes")));
        services.AddSingleton(static provider => new RelayBackends(provider.GetRequiredService<RelayRoutes>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, BackendProcessService>());
        services.AddDrainStep("backends", DrainOrder, share: 1, static (context, cancellationToken) =>
            context.Services.GetRequiredService<ProcessHouse>().CloseAsync(cancellationToken));
    }
}

/// <summary>Starts those that are always to run, with the service.</summary>
internal sealed class BackendProcessService(RelayRoutes routes, ProcessHouse processes) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Asking for the routes has made the backends.
        _ = routes;
        processes.Activate();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => processes.StopAsync(cancellationToken);
}
