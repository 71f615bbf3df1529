namespace Causeway.Concurrency;

/// <summary>A load that runs, and those who wait for it. Everything but <see cref="Ended"/> is guarded by the cache's gate.</summary>
internal sealed class PendingLoad<TKey, TValue>(TKey key, long startedAt)
{
    private readonly TaskCompletionSource<TValue> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CacheLoad<TKey> Load { get; } = new(key);

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>The number of the newest invalidation when it began.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The number of the first invalidation that outdates the value; set before it ends.</summary>
    public long OutdatedAt { get; set; } = RecentInvalidations.Never;

    public int Waiters { get; set; }

    /// <summary>Whether newcomers may still join it.</summary>
    public bool IsOpen { get; set; } = true;

    public bool HasEnded { get; set; }

    public Task<TValue> Ended => _ended.Task;

    public void Succeed(TValue value) => _ended.SetResult(value);

    public void Fail(Exception exception)
    {
        _ended.SetException(exception);

        // Everybody may have left meanwhile; that is no error of anybody's.
        _ = _ended.Task.Exception;
    }
}
