using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>How one iteration ended.</summary>
internal enum LoopOutcome
{
    Succeeded = 1,
    Failed,

    /// <summary>It took too long and came back when it was cancelled.</summary>
    TimedOut,

    /// <summary>It took too long and did not come back: it may still be at work.</summary>
    LeftBehind,

    /// <summary>The service stops; it counts as neither good nor bad.</summary>
    Stopped,
}

/// <summary>Runs iterations of one loop under its watchdog: past the deadline one is cancelled, and after a grace left behind.</summary>
internal sealed class LoopIteration(LoopRegistration loop, IServiceProvider services, TimeProvider time, ILogger logger)
{
    /// <summary>So many that never came back are put up with.</summary>
    public const int MaxLeftBehind = 3;

    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("loop {Loop}");

    private int _leftBehind;
    private TaskCompletionSource _cameBack = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Iterations that may still be at work though the loop went on.</summary>
    public int LeftBehind => Volatile.Read(ref _leftBehind);

    /// <summary>Completes when one that was left behind ends.</summary>
    public Task CameBack => Volatile.Read(ref _cameBack).Task;

    public async Task<(LoopOutcome Outcome, string? Error)> RunAsync(CancellationToken stop)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var context = new LoopContext(services, loop.Name, LeftBehind);
        if (context.LeftBehind > 0)
        {
            logger.LoopRunsBesideOther(loop.Name, context.LeftBehind);
        }

        // On the pool: an iteration that blocks must hold up neither the watchdog nor another loop.
        var work = Task.Run(() => InvokeAsync(context, cancel.Token), CancellationToken.None);
        await work.WaitAsync(loop.Options.Deadline, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var isLate = !work.IsCompleted && !stop.IsCancellationRequested;
        if (!work.IsCompleted)
        {
            if (isLate)
            {
                logger.LoopOverdue(loop.Name, loop.Options.Deadline.TotalSeconds);
            }

            // Not awaited: what listens to the token may hang as well.
            _ = cancel.CancelAsync();
            await work.WaitAsync(loop.Options.CancelGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!work.IsCompleted)
        {
            LeaveBehind(work, cancel);
            return stop.IsCancellationRequested && !isLate
                ? (LoopOutcome.Stopped, null)
                : (LoopOutcome.LeftBehind, $"It took longer than {loop.Options.Deadline.TotalSeconds:0.###} s and did not come back when it was cancelled.");
        }

        cancel.Dispose();
        if (isLate)
        {
            return (LoopOutcome.TimedOut, $"It took longer than {loop.Options.Deadline.TotalSeconds:0.###} s.");
        }

        if (work.IsCompletedSuccessfully)
        {
            return (LoopOutcome.Succeeded, null);
        }

        if (stop.IsCancellationRequested && work.IsCanceled)
        {
            return (LoopOutcome.Stopped, null);
        }

        var exception = work.Exception?.InnerException ?? new TaskCanceledException("The iteration cancelled itself.");
        logger.LoopFailed(loop.Name, exception);
        return (LoopOutcome.Failed, $"{exception.GetType().Name}: {exception.Message}");
    }

    private async Task InvokeAsync(LoopContext context, CancellationToken cancellationToken)
    {
        using var scope = Scope(logger, loop.Name);
        await loop.RunAsync(context, cancellationToken).ConfigureAwait(false);
    }

    private void LeaveBehind(Task work, CancellationTokenSource cancel)
    {
        Interlocked.Increment(ref _leftBehind);
        logger.LoopLeftBehind(loop.Name);
        _ = work.ContinueWith(
            task =>
            {
                cancel.Dispose();
                Interlocked.Decrement(ref _leftBehind);
                logger.LoopCameBack(loop.Name, task.Exception?.InnerException);
                Interlocked.Exchange(ref _cameBack, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
