using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>One check. Asked again while it still runs, it is not run a second time: a hanging dependency must not pile up work.</summary>
internal sealed class ReadinessCheck(string name, Func<IServiceProvider, CancellationToken, ValueTask<ReadinessResult>> check)
{
    private readonly Lock _gate = new();
    private Task<ReadinessResult>? _running;

    public string Name => name;

    public async Task<ReadinessResult> RunAsync(IServiceProvider services, TimeSpan limit, TimeProvider time, ILogger logger)
    {
        Task<ReadinessResult> running;
        lock (_gate)
        {
            if (_running is null || _running.IsCompleted)
            {
                // On the pool: a check that blocks must not hold up the answer either.
                _running = Task.Run(() => InvokeAsync(services, limit, time, logger));
            }

            running = _running;
        }

        try
        {
            return await running.WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            logger.ReadinessCheckHung(name, limit.TotalMilliseconds);
            return ReadinessResult.Unavailable($"no answer within {limit.TotalMilliseconds:0} ms");
        }
    }

    private async Task<ReadinessResult> InvokeAsync(IServiceProvider services, TimeSpan limit, TimeProvider time, ILogger logger)
    {
        using var cut = new CancellationTokenSource(limit, time);
        try
        {
            var result = await check(services, cut.Token).ConfigureAwait(false);
            return result.Status == default ? ReadinessResult.Unavailable("the check gave no result") : result;
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            return ReadinessResult.Unavailable($"no answer within {limit.TotalMilliseconds:0} ms");
        }
        catch (Exception exception)
        {
            logger.ReadinessCheckFailed(name, exception);
            return ReadinessResult.Unavailable("the check failed; the log says why");
        }
    }
}
