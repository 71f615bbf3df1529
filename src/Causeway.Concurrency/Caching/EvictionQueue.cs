namespace Causeway.Concurrency;

/// <summary>
/// Which entry goes when there are too many: SIEVE (Zhang et al., NSDI 2024). Entries stand in the order they came; a hand walks from the oldest to the newest, spares once
/// whoever was used since it came by, and takes the first who wasn't. A hit so only sets a mark, and a scan of keys that nobody asks for again does not push out the others.
/// </summary>
internal sealed class EvictionQueue<TKey, TValue>
{
    private CacheEntry<TKey, TValue>? _newest;
    private CacheEntry<TKey, TValue>? _oldest;
    private CacheEntry<TKey, TValue>? _hand;

    public void Add(CacheEntry<TKey, TValue> entry)
    {
        entry.Older = _newest;
        if (_newest is null)
        {
            _oldest = entry;
        }
        else
        {
            _newest.Newer = entry;
        }

        _newest = entry;
    }

    public void Remove(CacheEntry<TKey, TValue> entry)
    {
        if (_hand == entry)
        {
            _hand = entry.Newer;
        }

        if (entry.Newer is null)
        {
            _newest = entry.Older;
        }
        else
        {
            entry.Newer.Older = entry.Older;
        }

        if (entry.Older is null)
        {
            _oldest = entry.Newer;
        }
        else
        {
            entry.Older.Newer = entry.Newer;
        }

        entry.Newer = entry.Older = null;
    }

    /// <summary>The entry to remove next; there must be one.</summary>
    /// <param name="spare">Not this one: it was just added.</param>
    public CacheEntry<TKey, TValue> Victim(CacheEntry<TKey, TValue> spare)
    {
        var candidate = _hand ?? _oldest!;
        while (candidate == spare || candidate.WasUsed)
        {
            candidate.WasUsed = false;
            candidate = candidate.Newer ?? _oldest!;
        }

        _hand = candidate;
        return candidate;
    }

    public void Clear() => _newest = _oldest = _hand = null;
}
