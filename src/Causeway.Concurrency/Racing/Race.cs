namespace Causeway.Concurrency;

/// <summary>Several ways to the same result: the first that gets there counts.</summary>
public static class Race
{
    /// <summary>Starts the contenders, one after the other or all at once, and gives the first result. The others are cancelled and awaited before it returns, so nothing runs on behind the caller's back.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="contenders">The ways, the best first. Each must end soon after its token is cancelled: the winner waits for it.</param>
    /// <param name="stagger">How much later each starts than the one before; a failure of all that run starts the next at once. Zero starts all at once.</param>
    /// <param name="discard">Gets the results of losers that succeeded all the same, to release what they hold. Null where there is nothing to release.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels all of them; also awaited.</param>
    /// <returns>The first result.</returns>
    /// <exception cref="AggregateException">All failed; it has every failure, in the order of the contenders.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before one succeeded.</exception>
    public static async Task<T> FirstSuccessAsync<T>(
        IReadOnlyList<Func<CancellationToken, Task<T>>> contenders,
        TimeSpan stagger,
        Action<T>? discard,
        TimeProvider time,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contenders);
        ArgumentOutOfRangeException.ThrowIfZero(contenders.Count, nameof(contenders));
        ArgumentOutOfRangeException.ThrowIfLessThan(stagger, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(time);
        cancellationToken.ThrowIfCancellationRequested();

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = new List<Task<T>>(contenders.Count);
        Task<T>? winner;
        try
        {
            winner = await RunAsync(contenders, started, stagger, time, over.Token).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)Task.WhenAll(started)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // One that got there while the caller gave up, or as the last was cancelled, has got there.
        winner ??= started.Find(static task => task.IsCompletedSuccessfully);
        if (discard is not null)
        {
            foreach (var loser in started.Where(task => task != winner && task.IsCompletedSuccessfully))
            {
                discard(await loser.ConfigureAwait(false));
            }
        }

        if (winner is not null)
        {
            return await winner.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new AggregateException("None of them succeeded.", started.Select(FailureOf));
    }

    /// <summary>The winner; null when all failed or it was cancelled.</summary>
    private static async Task<Task<T>?> RunAsync<T>(
        IReadOnlyList<Func<CancellationToken, Task<T>>> contenders, List<Task<T>> started, TimeSpan stagger, TimeProvider time, CancellationToken over)
    {
        var running = new List<Task>(contenders.Count);
        while (!over.IsCancellationRequested && (started.Count < contenders.Count || running.Count > 0))
        {
            Task? pause = null;
            using var pauseOver = CancellationTokenSource.CreateLinkedTokenSource(over);
            if (started.Count < contenders.Count)
            {
                // On the pool: one that blocks must not hold up the others.
                var contender = contenders[started.Count];
                var task = Task.Run(() => contender(over), CancellationToken.None);
                started.Add(task);
                running.Add(task);
                if (started.Count < contenders.Count)
                {
                    if (stagger == TimeSpan.Zero)
                    {
                        continue;
                    }

                    pause = Task.Delay(stagger, time, pauseOver.Token);
                }
            }

            while (running.Count > 0)
            {
                var any = Task.WhenAny(pause is null ? running : [.. running, pause]);
                await ((Task)any.WaitAsync(over)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!any.IsCompleted)
                {
                    return null;
                }

                var ended = await any.ConfigureAwait(false);
                if (ended == pause)
                {
                    break;
                }

                running.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                {
                    await pauseOver.CancelAsync().ConfigureAwait(false);
                    return (Task<T>)ended;
                }
            }

            await pauseOver.CancelAsync().ConfigureAwait(false);
        }

        return null;
    }

    private static Exception FailureOf<T>(Task<T> task) =>
        task.Exception is { InnerExceptions: [var failure, ..] } ? failure : new TaskCanceledException(task);
}
