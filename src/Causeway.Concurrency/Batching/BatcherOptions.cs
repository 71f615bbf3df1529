namespace Causeway.Concurrency;

/// <summary>When a <see cref="Batcher{TKey, TValue}"/> asks.</summary>
public sealed record BatcherOptions
{
    /// <summary>The batcher's name: the label of its metrics.</summary>
    /// <value>Such as <c>user_names</c>.</value>
    public required string Name { get; init; }

    /// <summary>The most keys in one batch. So many waiting start one at once.</summary>
    /// <value>At least 1. Default 100.</value>
    public int MaxSize { get; init; } = 100;

    /// <summary>How long the first key of a batch waits for others.</summary>
    /// <value>Zero or more. Default 5 ms.</value>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The most batches at a time. While so many run, keys gather for the next.</summary>
    /// <value>At least 1. Default 1.</value>
    public int MaxRunning { get; init; } = 1;

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal BatcherOptions Checked()
    {
        ArgumentException.ThrowIfNullOrEmpty(Name);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWait, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRunning, 1);
        return this;
    }
}
