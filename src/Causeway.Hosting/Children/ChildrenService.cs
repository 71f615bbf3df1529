using Microsoft.Extensions.Hosting;

namespace Causeway.Hosting;

/// <summary>Sweeps before anything starts, and closes the children after all has stopped.</summary>
internal sealed class ChildrenService(OrphanSweep sweep, ChildProcesses children) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => sweep.RunAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => children.DisposeAsync().AsTask();
}
