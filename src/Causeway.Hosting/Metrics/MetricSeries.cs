namespace Causeway.Hosting;

/// <summary>The numbers of one metric under one set of labels. Written by any thread, without a lock.</summary>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] tags, string labels, double[] bounds)
{
    private readonly long[] _buckets = bounds.Length == 0 ? [] : new long[bounds.Length + 1];
    private long _whole;
    private double _real;
    private bool _isUsed;

    /// <summary>As they stand between the braces, without them; empty for none.</summary>
    public string Labels => labels;

    public IReadOnlyList<double> Bounds => bounds;

    public int Hash { get; init; }

    public MetricSeries? Next { get; init; }

    /// <summary>Whether there is anything to show.</summary>
    public bool IsUsed => Volatile.Read(ref _isUsed);

    /// <summary>The sum of a counter or histogram, the value of a gauge.</summary>
    public double Value => Interlocked.Read(ref _whole) + Volatile.Read(ref _real);

    /// <summary>The value where it is a whole number that a double might round.</summary>
    public long? WholeValue => Volatile.Read(ref _real) == 0 ? Interlocked.Read(ref _whole) : null;

    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> other)
    {
        if (other.Length != tags.Length)
        {
            return false;
        }

        foreach (var tag in other)
        {
            if (!Contains(tag))
            {
                return false;
            }
        }

        return true;
    }

    public void Add(long amount)
    {
        Interlocked.Add(ref _whole, amount);
        MarkUsed();
    }

    public void Add(double amount)
    {
        AddReal(amount);
        MarkUsed();
    }

    public void Set(long value)
    {
        Volatile.Write(ref _real, 0);
        Interlocked.Exchange(ref _whole, value);
        MarkUsed();
    }

    public void Set(double value)
    {
        Interlocked.Exchange(ref _whole, 0);
        Volatile.Write(ref _real, value);
        MarkUsed();
    }

    public void Record(double value)
    {
        if (double.IsNaN(value))
        {
            return;
        }

        var index = 0;
        while (index < bounds.Length && value > bounds[index])
        {
            index++;
        }

        Interlocked.Increment(ref _buckets[index]);
        AddReal(value);
        MarkUsed();
    }

    /// <summary>Counts up to and including each bound, the last one for all; they always add up among themselves.</summary>
    public long[] CumulativeBuckets()
    {
        var counts = new long[_buckets.Length];
        var sum = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            sum += Interlocked.Read(ref _buckets[i]);
            counts[i] = sum;
        }

        return counts;
    }

    public void Forget()
    {
        Interlocked.Exchange(ref _whole, 0);
        Volatile.Write(ref _real, 0);
        Volatile.Write(ref _isUsed, false);
    }

    private bool Contains(KeyValuePair<string, object?> tag)
    {
        foreach (var own in tags)
        {
            if (own.Key == tag.Key)
            {
                return Equals(own.Value, tag.Value);
            }
        }

        return false;
    }

    private void AddReal(double amount)
    {
        var seen = Volatile.Read(ref _real);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _real, seen + amount, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    private void MarkUsed()
    {
        // Read first: a write by every measurement would bounce the line between cores.
        if (!Volatile.Read(ref _isUsed))
        {
            Volatile.Write(ref _isUsed, true);
        }
    }
}
