using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Runs a service from its start to its exit code.</summary>
public static class ServiceRunner
{
    /// <summary>
    /// Starts the host, waits until it is asked to stop, and drains it. A failed start is told in one line where its cause is known; a second
    /// signal while it stops ends the process at once with code 1; a background service that died makes the code 1, where the host would say 0.
    /// </summary>
    /// <param name="host">The built application; disposed when this returns.</param>
    /// <param name="error">Takes the line that says why a start failed; usually standard error.</param>
    /// <param name="started">Called once it listens: the place for a screen of addresses.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IHost host, TextWriter error, Action? started = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(error);
        var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Hosting.Lifetime");
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        var logs = host.Services.GetServices<ILoggerProvider>();

        // Until the very end: a signal that comes while things are put away means "now" too, with a code of ours.
        using var signals = StopSignals.Watch(lifetime.StopApplication, () => ForceExit(logger, logs));

        // Kestrel forgets them as it begins to bind.
        var addresses = AddressesOf(host);
        try
        {
            using var hangUps = KeepThroughHangUps(host);
            try
            {
                if (host.Services.GetService<PortPreflight>() is { } preflight)
                {
                    await preflight.RunAsync(lifetime.ApplicationStopping).ConfigureAwait(false);
                }

                await host.StartAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Asked to stop before it was up: that is a stop, and no failure.
                return HasFailed(host) ? ExitCode.Failed : ExitCode.Stopped;
            }
            catch (Exception exception) when (StartFailure.From(exception, addresses) is { } failure)
            {
                await error.WriteLineAsync(failure.Message).ConfigureAwait(false);
                return failure.ExitCode;
            }

            started?.Invoke();
            await host.WaitForShutdownAsync().ConfigureAwait(false);
            return HasFailed(host) ? ExitCode.Failed : ExitCode.Stopped;
        }
        catch (Exception exception)
        {
            logger.ServiceFailed(exception);
            return ExitCode.Failed;
        }
        finally
        {
            await DisposeAsync(host).ConfigureAwait(false);
        }
    }

    /// <summary>A service that reloads on SIGHUP must not be ended by one that comes while it starts.</summary>
    private static PosixSignalRegistration? KeepThroughHangUps(IHost host) =>
        OperatingSystem.IsWindows() || host.Services.GetService<Reloader>() is null
            ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGHUP, static context => context.Cancel = true);

    private static bool HasFailed(IHost host) =>
        host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(static service => service.ExecuteTask is { IsFaulted: true });

    private static IReadOnlyCollection<string> AddressesOf(IHost host) =>
        [.. host.Services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    private static void ForceExit(ILogger logger, IEnumerable<ILoggerProvider> logs)
    {
        logger.ForcedToStop();
        ProcessExit.AtOnce(ExitCode.Failed, logs);
    }

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            host.Dispose();
        }
    }
}
