namespace Causeway.Concurrency;

/// <summary>One key and those who wait for its value.</summary>
internal sealed class BatchItem<TKey, TValue>(TKey key, long since)
    where TKey : notnull
{
    private readonly TaskCompletionSource<TValue> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TKey Key { get; } = key;

    /// <summary>When the first caller asked, a timestamp.</summary>
    public long Since { get; } = since;

    /// <summary>Guarded by the batcher's gate.</summary>
    public int Waiters { get; set; }

    /// <summary>The batch it went into; null while it waits. Guarded by the batcher's gate.</summary>
    public Batch<TKey, TValue>? Batch { get; set; }

    public Task<TValue> Ended => _ended.Task;

    public bool TrySucceed(TValue value) => _ended.TrySetResult(value);

    public bool TryFail(Exception exception)
    {
        var taken = _ended.TrySetException(exception);

        // Everybody may have left meanwhile; that is no error of anybody's.
        _ = _ended.Task.Exception;
        return taken;
    }
}
