using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Brings the steps up in order before anything listens, and takes them down in reverse order when everything has stopped.</summary>
internal sealed class LifespanService(IServiceProvider services, IEnumerable<LifespanStep> steps, TimeProvider time, ILogger<LifespanService> logger)
    : IHostedLifecycleService, IReadinessSource, IAsyncDisposable
{
    private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff = new(RetryMin, RetryMax);
    private readonly List<LifespanStep> _up = [];
    private readonly List<LifespanStep> _missing = [];
    private readonly List<Task> _retries = [];

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var step in steps.OrderBy(static step => step.Order))
        {
            var failure = await TryStartAsync(step, cancellationToken).ConfigureAwait(false);
            if (failure is null)
            {
                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (step.IsRequired)
            {
                logger.LifespanStepFailed(step.Name, failure.Message);
                await TakeDownAsync().ConfigureAwait(false);
                throw failure;
            }

            logger.LifespanStepMissing(step.Name, failure.Message);
            lock (_gate)
            {
                _missing.Add(step);
                _retries.Add(RetryAsync(step));
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => TakeDownAsync();

    /// <summary>What a start that failed elsewhere, at a held port say, left up is taken down here.</summary>
    public async ValueTask DisposeAsync()
    {
        await TakeDownAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    public IEnumerable<(string Name, ReadinessResult Result)> Read()
    {
        lock (_gate)
        {
            return [.. _missing.Select(static step => (step.Name, ReadinessResult.Degraded("not started yet; it is tried again")))];
        }
    }

    private async Task<LifespanException?> TryStartAsync(LifespanStep step, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            if (!await StepRun.WithinAsync(token => step.Start(services, token), step.Deadline, time, cancellationToken).ConfigureAwait(false))
            {
                return new LifespanException(step.Name, $"did not end within {step.Deadline.TotalSeconds:0.###} s");
            }

            lock (_gate)
            {
                _up.Add(step);
            }

            logger.LifespanStepStarted(step.Name, Math.Round(time.GetElapsedTime(started).TotalSeconds, 3));
            return null;
        }
        catch (Exception exception)
        {
            // The person who started the service reads one sentence; who wants more asks for debug.
            logger.LifespanStepFault(step.Name, exception);
            return new LifespanException(step.Name, $"failed: {exception.Message.TrimEnd('.')}", exception);
        }
    }

    private async Task RetryAsync(LifespanStep step)
    {
        for (var failures = 1; ; failures++)
        {
            await Task.Delay(_backoff.After(failures), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            if (await TryStartAsync(step, _stop.Token).ConfigureAwait(false) is { } failure)
            {
                logger.LifespanStepStillMissing(step.Name, failure.Message);
                continue;
            }

            lock (_gate)
            {
                _missing.Remove(step);
            }

            return;
        }
    }

    /// <summary>Takes down what is up, the last first. What is down already stays so.</summary>
    private async Task TakeDownAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_retries).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (TakeLast() is { } step)
        {
            if (step.Stop is null)
            {
                continue;
            }

            var started = time.GetTimestamp();
            try
            {
                if (await StepRun.WithinAsync(token => step.Stop(services, token), step.StopDeadline, time, CancellationToken.None).ConfigureAwait(false))
                {
                    logger.LifespanStepStopped(step.Name, Math.Round(time.GetElapsedTime(started).TotalSeconds, 3));
                }
                else
                {
                    logger.LifespanStepLate(step.Name, step.StopDeadline.TotalSeconds);
                }
            }
            catch (Exception exception)
            {
                logger.LifespanStepNotStopped(step.Name, exception);
            }
        }
    }

    private LifespanStep? TakeLast()
    {
        lock (_gate)
        {
            if (_up.Count == 0)
            {
                return null;
            }

            var last = _up[^1];
            _up.RemoveAt(_up.Count - 1);
            return last;
        }
    }
}
