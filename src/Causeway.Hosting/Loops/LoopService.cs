using Microsoft.Extensions.Hosting;

namespace Causeway.Hosting;

/// <summary>Runs the loops from the start to the end of the drain. A critical one that dies faults this service, which stops the host.</summary>
internal sealed class LoopService(Loops loops, IHostApplicationLifetime lifetime) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await loops.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var runner in loops.Runners)
        {
            runner.Start();
        }

        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stoppingToken.Register(stopping.SetResult);
        var running = loops.Runners.Select(static runner => runner.Completion).ToList();
        while (running.Count > 0 && !stoppingToken.IsCancellationRequested)
        {
            var ended = await Task.WhenAny([.. running, stopping.Task]).ConfigureAwait(false);
            running.Remove(ended);
            if (ended.IsFaulted)
            {
                // The host stops because this throws, unless it was told to ignore that; and on .NET 10 it would still exit with 0.
                Environment.ExitCode = ExitCode.Failed;
                lifetime.StopApplication();
                await ended.ConfigureAwait(false);
            }
        }
    }
}
