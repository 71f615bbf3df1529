namespace Causeway.Concurrency;

/// <summary>Works on many items, a few at a time, and gives their results in the items' order.</summary>
public static class Gather
{
    /// <summary>All or nothing: the first failure cancels what runs, starts nothing more, and comes out once what ran has ended.</summary>
    /// <typeparam name="TItem">Items.</typeparam>
    /// <typeparam name="TResult">Results.</typeparam>
    /// <param name="items">What to work on.</param>
    /// <param name="options">How much at a time, and for how long.</param>
    /// <param name="work">Works on one item, on the pool. Its token is cancelled at the item's time-out, on the first failure, and with <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Cancels everything; what ran is awaited.</param>
    /// <returns>The results, in the order of the items.</returns>
    /// <exception cref="TimeoutException">An item took longer than <see cref="GatherOptions.ItemTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <remarks>What <paramref name="work"/> threw first comes out as it is.</remarks>
    public static async Task<IReadOnlyList<TResult>> AllAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, GatherOptions options, Func<TItem, CancellationToken, Task<TResult>> work, CancellationToken cancellationToken = default)
    {
        using var failed = new CancellationTokenSource();
        Exception? first = null;
        var outcomes = await RunAsync(items, options, work, new Stop(async failure =>
        {
            // Those that end because of the first failure are no failures of their own.
            if (Interlocked.CompareExchange(ref first, failure, null) is null)
            {
                await failed.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }, failed.Token), cancellationToken).ConfigureAwait(false);
        if (first is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        }

        return [.. outcomes.Select(static outcome => outcome!.Value)];
    }

    /// <summary>Each by itself: an item that fails or hangs is told as such, and the others go on.</summary>
    /// <typeparam name="TItem">Items.</typeparam>
    /// <typeparam name="TResult">Results.</typeparam>
    /// <param name="items">What to work on.</param>
    /// <param name="options">How much at a time, and for how long.</param>
    /// <param name="work">Works on one item, on the pool. Its token is cancelled at the item's time-out and with <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Cancels everything; what ran is awaited.</param>
    /// <returns>What became of each, in the order of the items.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public static async Task<IReadOnlyList<Outcome<TResult>>> EachAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, GatherOptions options, Func<TItem, CancellationToken, Task<TResult>> work, CancellationToken cancellationToken = default) =>
        (await RunAsync(items, options, work, stopping: null, cancellationToken).ConfigureAwait(false))!;

    private static async Task<Outcome<TResult>?[]> RunAsync<TItem, TResult>(
        IReadOnlyList<TItem> items,
        GatherOptions options,
        Func<TItem, CancellationToken, Task<TResult>> work,
        Stop? stopping,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(work);
        options.Check();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping?.Token ?? CancellationToken.None, cancellationToken);
        var outcomes = new Outcome<TResult>?[items.Count];
        var next = -1;
        var workers = Enumerable.Range(0, Math.Min(options.MaxParallel, items.Count)).Select(_ => Task.Run(WorkAsync, CancellationToken.None)).ToArray();
        await Task.WhenAll(workers).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return outcomes;

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested && Interlocked.Increment(ref next) is var index && index < items.Count)
            {
                try
                {
                    outcomes[index] = new Outcome<TResult>(await WithinAsync(items[index], options, work, stop.Token).ConfigureAwait(false));
                }
                catch (Exception exception)
                {
                    outcomes[index] = new Outcome<TResult>(exception);
                    if (stopping is not null && !stop.IsCancellationRequested)
                    {
                        await stopping.FailedAsync(exception).ConfigureAwait(false);
                    }
                }
            }
        }
    }

    private static async Task<TResult> WithinAsync<TItem, TResult>(
        TItem item, GatherOptions options, Func<TItem, CancellationToken, Task<TResult>> work, CancellationToken stop)
    {
        if (options.ItemTimeout is not { } timeout)
        {
            return await work(item, stop).ConfigureAwait(false);
        }

        using var limit = new CancellationTokenSource();
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);

        // Apart from this worker, so that it can be left behind even when it blocks.
        var task = Task.Run(() => work(item, cut.Token), CancellationToken.None);
        using var timerOver = new CancellationTokenSource();
        var timer = Task.Delay(timeout, options.Time, timerOver.Token);
        if (await Task.WhenAny(task, timer).ConfigureAwait(false) == task)
        {
            await timerOver.CancelAsync().ConfigureAwait(false);
            return await task.ConfigureAwait(false);
        }

        await limit.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ = task.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        throw new TimeoutException($"No result within {timeout.TotalSeconds:0.###} s.");
    }

    /// <summary>Where one failure ends all.</summary>
    /// <param name="FailedAsync">Told of each failure before that.</param>
    /// <param name="Token">Cancelled then.</param>
    private sealed record Stop(Func<Exception, Task> FailedAsync, CancellationToken Token);
}
