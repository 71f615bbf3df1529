using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Reloads on SIGHUP, once for a burst of signals: a deployment may send one for each file it wrote. Several while a reload runs make one more.</summary>
internal sealed class ReloadSignal(Reloader reloader, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ReloadSignal> logger) : BackgroundService
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly bool _hadTerminal = Terminal.IsThere();

    /// <summary>Takes a signal. It means "reload", unless it is the terminal that hangs up: then nobody is left to read what the service says.</summary>
    internal void Take()
    {
        if (_hadTerminal && !Terminal.IsThere())
        {
            logger.TerminalGone();
            lifetime.StopApplication();
            return;
        }

        _asked.Writer.TryWrite(true);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var registration = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Take();
        });
        try
        {
            await foreach (var _ in _asked.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
            {
                var first = time.GetTimestamp();
                do
                {
                    await Task.Delay(Quiet, time, stoppingToken).ConfigureAwait(false);
                }
                while (_asked.Reader.TryRead(out var _) && time.GetElapsedTime(first) < MaxWait);

                await reloader.ReloadAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops; there is nothing left to reload.
        }
    }
}
