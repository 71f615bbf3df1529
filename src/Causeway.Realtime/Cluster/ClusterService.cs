using Microsoft.Extensions.Hosting;

namespace Causeway.Realtime;

/// <summary>Enters this process into its cluster when it starts, where there is one, and takes it out when it ends.</summary>
internal sealed class ClusterService(LiveCore core) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        core.Cluster?.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => core.Cluster?.StopAsync(cancellationToken) ?? Task.CompletedTask;
}
