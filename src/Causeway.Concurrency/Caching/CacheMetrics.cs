using System.Diagnostics.Metrics;

namespace Causeway.Concurrency;

/// <summary>What a cache counts, and its instruments on the meter <c>Causeway.Concurrency</c>.</summary>
internal sealed class CacheMetrics
{
    private long _hits;
    private long _joined;
    private long _loads;
    private long _evicted;

    /// <param name="meters">Null where nobody measures.</param>
    /// <param name="cache">The cache's name.</param>
    /// <param name="entries">How many values it has.</param>
    public CacheMetrics(IMeterFactory? meters, string cache, Func<int> entries)
    {
        if (meters?.Create("Causeway.Concurrency") is not { } meter)
        {
            return;
        }

        var label = new KeyValuePair<string, object?>("cache", cache);
        meter.CreateObservableCounter(
            "causeway.cache.lookups",
            () => new Measurement<long>[]
            {
                new(Interlocked.Read(ref _hits), label, new("result", "hit")),
                new(Interlocked.Read(ref _joined), label, new("result", "joined")),
                new(Interlocked.Read(ref _loads), label, new("result", "load")),
            },
            description: "Look-ups: answered at once, by somebody else's load, or by a load of their own.");
        meter.CreateObservableCounter(
            "causeway.cache.evictions", () => new Measurement<long>(Interlocked.Read(ref _evicted), label), description: "Values removed because there were too many.");
        meter.CreateObservableGauge("causeway.cache.entries", () => new Measurement<int>(entries(), label), description: "Values kept, expired ones included.");
    }

    public void CountHit() => Interlocked.Increment(ref _hits);

    public void CountJoined() => Interlocked.Increment(ref _joined);

    public void CountLoad() => Interlocked.Increment(ref _loads);

    public void CountEviction() => Interlocked.Increment(ref _evicted);
}
