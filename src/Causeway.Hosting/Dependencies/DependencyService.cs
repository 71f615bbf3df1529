using Microsoft.Extensions.Hosting;

namespace Causeway.Hosting;

/// <summary>Watches the dependencies while the host runs; a start waits for none of them.</summary>
internal sealed class DependencyService(Dependencies dependencies) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        dependencies.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => dependencies.StopAsync();
}
