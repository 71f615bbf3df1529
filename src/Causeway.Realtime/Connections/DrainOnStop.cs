using Microsoft.Extensions.Hosting;

namespace Causeway.Realtime;

/// <summary>Drains when the host stops, before it stops the web server; whoever drained before has done it already.</summary>
internal sealed class DrainOnStop(LiveCore core) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        core.Connections.DrainAsync(TimeSpan.FromSeconds(core.Options.DrainSeconds), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
