namespace Causeway.Hosting;

/// <summary>Runs something with a deadline that holds even for what doesn't listen.</summary>
internal static class StepRun
{
    /// <summary>What a step has to come back after its token was cancelled.</summary>
    private static readonly TimeSpan CancelGrace = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs it on the pool, so that a step that blocks is late like any other.</summary>
    /// <param name="work">The step.</param>
    /// <param name="deadline">What it has.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels it early.</param>
    /// <returns>False when it was late: it was cancelled then, and left behind where that did not end it.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static async Task<bool> WithinAsync(Func<CancellationToken, Task> work, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Task.Run(() => work(cut.Token), CancellationToken.None);
        try
        {
            await running.WaitAsync(deadline, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (!running.IsCompleted && exception is TimeoutException or OperationCanceledException)
        {
            // Not awaited: what listens to the token may hang as well.
            _ = cut.CancelAsync();
            await running.WaitAsync(CancelGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ = running.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
