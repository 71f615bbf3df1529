namespace Causeway.Concurrency;

/// <summary>One load of a value, for the code that does it: it says there what the value depends on and how long it may be kept.</summary>
/// <typeparam name="TKey">The cache's keys.</typeparam>
public sealed class CacheLoad<TKey>
{
    private readonly HashSet<string> _tags = new(StringComparer.Ordinal);

    internal CacheLoad(TKey key) => Key = key;

    /// <summary>What is loaded.</summary>
    public TKey Key { get; }

    internal IReadOnlyCollection<string> Tags => _tags;

    internal TimeSpan? Lifetime { get; private set; }

    internal bool IsKept { get; private set; } = true;

    /// <summary>Says that the value depends on something: <see cref="Cache{TKey, TValue}.RemoveTag"/> then removes it, also when that happens while it is being loaded.</summary>
    /// <param name="tag">Such as <c>role:editor</c>; compared as it is.</param>
    public void Tag(string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        _tags.Add(tag);
    }

    /// <summary>Keeps this value for another time than the cache's own.</summary>
    /// <param name="lifetime">Over zero.</param>
    public void KeepFor(TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        Lifetime = lifetime;
    }

    /// <summary>Gives the value to those who wait for it, and does not keep it.</summary>
    public void DoNotKeep() => IsKept = false;
}
