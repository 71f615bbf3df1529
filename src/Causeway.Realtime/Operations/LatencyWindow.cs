using System.Diagnostics.Metrics;
using System.Numerics;

namespace Causeway.Realtime;

/// <summary>Times over the last 30 to 60 seconds in buckets of an eighth of a power of two, for quantiles within 7 %; each time also goes to a histogram instrument.</summary>
internal sealed class LatencyWindow(TimeProvider time, Histogram<double> histogram)
{
    private const int BucketsPerOctave = 8;
    private const int BucketCount = 40 * BucketsPerOctave;

    private static readonly TimeSpan Half = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private long[] _current = new long[BucketCount];
    private long[] _previous = new long[BucketCount];
    private long _startedAt = time.GetTimestamp();

    /// <summary>Counts a time for so many messages.</summary>
    public void Record(TimeSpan elapsed, int count)
    {
        histogram.Record(elapsed.TotalSeconds);
        lock (_gate)
        {
            Turn();
            _current[BucketOf(elapsed)] += count;
        }
    }

    /// <summary>The time that this share of messages stayed within; null when there was none.</summary>
    public TimeSpan? Quantile(double share)
    {
        lock (_gate)
        {
            Turn();
            var total = _current.Sum() + _previous.Sum();
            if (total == 0)
            {
                return null;
            }

            var wanted = (long)Math.Ceiling(total * share);
            var bucket = -1;
            for (var seen = 0L; seen < wanted;)
            {
                bucket++;
                seen += _current[bucket] + _previous[bucket];
            }

            return UpperBound(bucket);
        }
    }

    private void Turn()
    {
        var age = time.GetElapsedTime(_startedAt);
        if (age < Half)
        {
            return;
        }

        (_current, _previous) = (_previous, _current);
        Array.Clear(_current);
        if (age >= 2 * Half)
        {
            Array.Clear(_previous);
        }

        _startedAt = time.GetTimestamp();
    }

    // In ticks of 100 ns: the octave by the highest bit, the bucket in it by the three bits below.
    private static int BucketOf(TimeSpan elapsed)
    {
        var ticks = (ulong)Math.Max(1, elapsed.Ticks) * BucketsPerOctave;
        var octave = BitOperations.Log2(ticks) - 3;
        return (int)Math.Min(BucketCount - 1, ((uint)octave * BucketsPerOctave) + (uint)((ticks >> octave) & 7));
    }

    private static TimeSpan UpperBound(int bucket)
    {
        var (octave, step) = Math.DivRem(bucket, BucketsPerOctave);
        return TimeSpan.FromTicks((long)Math.Ceiling((8.0 + step + 1) / 8 * Math.Pow(2, octave)));
    }
}
