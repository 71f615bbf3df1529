namespace Causeway.Concurrency;

/// <summary>What a <see cref="Cache{TKey, TValue}"/> keeps, and for how long.</summary>
public sealed record CacheOptions
{
    /// <summary>The cache's name, the same on every node: the label of its metrics, and by which <see cref="CacheInvalidation"/>s find it.</summary>
    /// <value>Such as <c>account_state</c>.</value>
    public required string Name { get; init; }

    /// <summary>How long a value is kept after it was loaded. Looking at it does not make it last longer.</summary>
    /// <value>Over zero.</value>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>The most values kept. Beyond it the ones go that nobody has asked for in a while.</summary>
    /// <value>At least 1.</value>
    public required int MaxEntries { get; init; }

    /// <summary>How long it is remembered that there is nothing under a key: that a load gave null.</summary>
    /// <value>Over zero. Default null: it is not remembered, and the next caller asks again.</value>
    public TimeSpan? AbsenceLifetime { get; init; }

    /// <summary>Told of every invalidation that was asked for here, after it was done, so that it can be carried to the other nodes; there it goes into <see cref="Cache{TKey, TValue}.Apply"/>.</summary>
    /// <value>Called on the invalidating thread; must not block. Default null: nobody else has this cache.</value>
    public Action<CacheInvalidation>? Invalidated { get; init; }

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal CacheOptions Checked()
    {
        ArgumentException.ThrowIfNullOrEmpty(Name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEntries, 1);
        if (AbsenceLifetime is { } absence)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(absence, TimeSpan.Zero, nameof(AbsenceLifetime));
        }

        return this;
    }
}
