using System.Diagnostics;
using System.Numerics;

namespace Causeway.Bench.Load;

/// <summary>Counts latencies in buckets 1.6 % wide at most, from 1 µs to hours, as HdrHistogram does.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int Sub = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits) * Sub];
    private long _total;

    public void Record(long stopwatchTicks)
    {
        var microseconds = (ulong)(stopwatchTicks * 1_000_000.0 / Stopwatch.Frequency);
        var shift = Math.Max(0, BitOperations.Log2(microseconds | 1) - SubBits);
        _counts[(shift * Sub) + (int)(microseconds >> shift)]++;
        _total++;
    }

    /// <summary>Microseconds, the top of the bucket; 0 when nothing was recorded.</summary>
    public double Percentile(double fraction)
    {
        var wanted = (long)Math.Ceiling(_total * fraction);
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (_counts[i] > 0 && seen >= wanted)
            {
                var shift = Math.Max(0, (i / Sub) - 1);
                return (((long)i - ((long)shift * Sub)) + 1L) * Math.Pow(2, shift);
            }
        }

        return 0;
    }
}
