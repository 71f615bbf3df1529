using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Asks one dependency again and again how it is.</summary>
internal sealed class DependencyProbe(
    Dependency dependency, DependencyOptions options, Func<CancellationToken, ValueTask<ReadinessResult>> probe, Action<string> count, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>So many probes that never came back are put up with; then no new one starts until one of them ends.</summary>
    private const int MaxLeftBehind = 3;

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(MaxLeftBehind);
    private readonly Backoff _backoff = new(options.RetryMin, options.RetryMax);
    private Task _run = Task.CompletedTask;
    private int _disposed;

    public void Start() => _run = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            await _places.WaitAsync(stop).ConfigureAwait(false);
            var (result, exception) = await ProbeAsync(stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            failures = result.Status == ReadinessStatus.Unavailable ? failures + 1 : 0;
            count(failures == 0 ? "ok" : "failed");
            dependency.Take(result, exception);
            await Task.Delay(failures == 0 ? options.Interval : _backoff.After(failures), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(ReadinessResult Result, Exception? Exception)> ProbeAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(options.Timeout, time);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);

        // On the pool: a probe that blocks must not hold up whoever started it.
        var work = Task.Run(() => probe(cut.Token).AsTask(), CancellationToken.None);
        _ = work.ContinueWith(
            static (task, state) =>
            {
                _ = task.Exception;
                ((SemaphoreSlim)state!).Release();
            },
            _places, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            var result = await work.WaitAsync(cut.Token).ConfigureAwait(false);
            return (result.Status == default ? ReadinessResult.Unavailable("the probe gave no result") : result, null);
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            return (ReadinessResult.Unavailable($"no answer within {options.Timeout.TotalSeconds:0.###} s"), null);
        }
        catch (Exception exception)
        {
            logger.DependencyProbeFailed(dependency.Name, exception);
            return (ReadinessResult.Unavailable("the probe failed; the log says why"), exception);
        }
    }
}
