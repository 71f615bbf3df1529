namespace Causeway.Concurrency;

/// <summary>Keys that are asked for together, for the code that asks: it says what became of each. May be used from several threads.</summary>
/// <typeparam name="TKey">Keys.</typeparam>
/// <typeparam name="TValue">Values.</typeparam>
public sealed class Batch<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, BatchItem<TKey, TValue>> _items;

    internal Batch(IReadOnlyList<BatchItem<TKey, TValue>> items)
    {
        _items = items.ToDictionary(static item => item.Key);
        Keys = [.. items.Select(static item => item.Key)];
        Wanted = items.Count;
    }

    /// <summary>The keys, each once, in the order they were first asked for.</summary>
    public IReadOnlyList<TKey> Keys { get; }

    internal CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Keys that somebody still waits for. Guarded by the batcher's gate.</summary>
    internal int Wanted { get; set; }

    /// <summary>Gives a key's value to those who wait for it, at once. What was said of a key first stays.</summary>
    /// <exception cref="ArgumentException">The batch does not have the key.</exception>
    public void Succeed(TKey key, TValue value) => ItemOf(key).TrySucceed(value);

    /// <summary>Lets those fail who wait for a key; the others are not concerned. What was said of a key first stays.</summary>
    /// <exception cref="ArgumentException">The batch does not have the key.</exception>
    public void Fail(TKey key, Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        ItemOf(key).TryFail(exception);
    }

    /// <summary>Lets all fail of which nothing was said.</summary>
    internal void FailRest(Func<TKey, Exception> reason)
    {
        foreach (var item in _items.Values)
        {
            if (!item.Ended.IsCompleted)
            {
                item.TryFail(reason(item.Key));
            }
        }
    }

    private BatchItem<TKey, TValue> ItemOf(TKey key) =>
        _items.TryGetValue(key, out var item) ? item : throw new ArgumentException($"The batch does not ask for {key}.", nameof(key));
}
