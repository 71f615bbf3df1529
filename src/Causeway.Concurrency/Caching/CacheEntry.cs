namespace Causeway.Concurrency;

/// <summary>A value that is kept.</summary>
internal sealed class CacheEntry<TKey, TValue>(TKey key, TValue value, IReadOnlyCollection<string> tags, long expiresAt)
{
    public TKey Key { get; } = key;

    public TValue Value { get; } = value;

    public IReadOnlyCollection<string> Tags { get; } = tags;

    /// <summary>A timestamp of the cache's clock.</summary>
    public long ExpiresAt { get; } = expiresAt;

    /// <summary>Whether somebody asked for it since the hand came by. Set without a lock: a lost mark costs a value its place at worst.</summary>
    public bool WasUsed { get; set; }

    public CacheEntry<TKey, TValue>? Newer { get; set; }

    public CacheEntry<TKey, TValue>? Older { get; set; }
}
