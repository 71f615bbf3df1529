namespace Causeway.Concurrency;

/// <summary>How much of a <see cref="Gather"/> runs at a time, and for how long.</summary>
public sealed record GatherOptions
{
    /// <summary>The most items worked on at a time.</summary>
    /// <value>At least 1.</value>
    public required int MaxParallel { get; init; }

    /// <summary>How long one item may take, from when its work begins. Its token is then cancelled, and it fails with a <see cref="TimeoutException"/> whether it heeds the token or not.</summary>
    /// <value>Over zero. Default null: as long as it takes.</value>
    public TimeSpan? ItemTimeout { get; init; }

    /// <summary>The clock.</summary>
    /// <value>Default the system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxParallel, 1);
        ArgumentNullException.ThrowIfNull(Time);
        if (ItemTimeout is { } timeout)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(ItemTimeout));
        }
    }
}
