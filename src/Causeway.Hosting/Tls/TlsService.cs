using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Chooses the certificate before anything listens, then keeps it fresh.</summary>
internal sealed class TlsService(TlsCertificates certificates, TimeProvider time, ILogger<TlsCertificates> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // Certificate and key are seldom written at one instant.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);
    private const int Retries = 3;

    public Task StartingAsync(CancellationToken cancellationToken) => certificates.ChooseAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await RefreshAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task RefreshAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var attempt = 1; await certificates.RefreshAsync(report: attempt > Retries, stoppingToken).ConfigureAwait(false) && attempt <= Retries; attempt++)
            {
                await Task.Delay(RetryAfter, time, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            logger.RenewalFailed(Interval.TotalMinutes, exception);
        }
    }
}
