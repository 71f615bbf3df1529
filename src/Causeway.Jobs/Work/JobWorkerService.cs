using Causeway.Hosting;
using Microsoft.Extensions.Hosting;

namespace Causeway.Jobs;

/// <summary>Starts the worker with the host, and stops it with it: where a drain has its own step for jobs, nothing is left to do by then.</summary>
internal sealed class JobWorkerService(JobWorker worker, DrainState? drain = null) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        worker.Start();

        // From the first signal on nothing new is begun here, though its own step comes later.
        drain?.Draining.Register(worker.StopTaking);
        return Task.CompletedTask;
    }

    // At once: the time to let jobs end is the drain's.
    public Task StopAsync(CancellationToken cancellationToken) => worker.DrainAsync(new CancellationToken(canceled: true));
}
