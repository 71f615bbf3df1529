using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting;

/// <summary>Tells the service manager what the service does, from the first request it can take to the end of its drain.</summary>
internal sealed class ServiceManagerLink(
    NotifySocket socket, IHostApplicationLifetime lifetime, IOptions<HostOptions> host, IEnumerable<LifespanStep> steps, Loops? loops, ILogger logger) : IHostedLifecycleService, IDisposable
{
    private CancellationTokenRegistration _stopping;
    private WatchdogFeed? _feed;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _stopping = lifetime.ApplicationStopping.Register(TellStopping);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (socket.Unusable is { } name)
        {
            logger.ServiceManagerNotNamed(name);
        }

        Tell("READY=1", "STATUS=Running");
        if (socket.WatchdogPeriod is { } period)
        {
            _feed = new WatchdogFeed(period, IsWell, () => Tell("WATCHDOG=1"), logger);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Tell("STATUS=Stopped");
        return Task.CompletedTask;
    }

    /// <summary>A reload begins; systemd waits for <see cref="TellReloaded"/>.</summary>
    public void TellReloading() => Tell("RELOADING=1", string.Create(CultureInfo.InvariantCulture, $"MONOTONIC_USEC={Monotonic()}"), "STATUS=Reloading");

    /// <summary>The reload ended, well or not.</summary>
    public void TellReloaded(ReloadReport report) =>
        Tell("READY=1", report.Succeeded ? "STATUS=Running" : "STATUS=Running; the last reload had problems, the log names them");

    public void Dispose()
    {
        _feed?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Whether the service deserves a sign of life. A critical loop with all its places taken by iterations that hang does not.</summary>
    private bool IsWell() => loops is null || !loops.All.Any(static loop => loop is { IsCritical: true, State: LoopState.Stuck });

    /// <summary>A drain and the steps after it may take longer than the manager would wait.</summary>
    private void TellStopping()
    {
        var needed = host.Value.ShutdownTimeout + steps.Aggregate(TimeSpan.FromSeconds(5), static (sum, step) => sum + (step.Stop is null ? TimeSpan.Zero : step.StopDeadline));
        Tell("STOPPING=1", "STATUS=Draining", string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)needed.TotalMicroseconds}"));
    }

    private static long Monotonic() => (long)(Stopwatch.GetTimestamp() * (1_000_000.0 / Stopwatch.Frequency));

    private void Tell(params ReadOnlySpan<string> assignments) => socket.Send(logger, assignments);
}
