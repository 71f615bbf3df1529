using System.Diagnostics.Metrics;

namespace Causeway.Concurrency;

/// <summary>What a cache counts, and its instruments on the meter <c>Causeway.Concurrency</c>.</summary>
internal sealed class CacheMetrics : IDisposable
{
    private readonly Meter _meter = new("Causeway.Concurrency");
    private long _hits;
    private long _joined;
    private long _loads;
    private long _evicted;

    public CacheMetrics(string cache, Func<int> entries)
    {
        var label = new KeyValuePair<string, object?>("cache", cache);
        _meter.CreateObservableCounter(
            "causeway.cache.lookups",
            () => new Measurement<long>[]
            {
                new(Interlocked.Read(ref _hits), label, new("result", "hit")),
                new(Interlocked.Read(ref _joined), label, new("result", "joined")),
                new(Interlocked.Read(ref _loads), label, new("result", "load")),
            },
            description: "Look-ups: answered at once, by somebody else's load, or by a load of their own.");
        _meter.CreateObservableCounter(
            "causeway.cache.evictions", () => new Measurement<long>(Interlocked.Read(ref _evicted), label), description: "Values removed because there were too many.");
        _meter.CreateObservableGauge("causeway.cache.entries", () => new Measurement<int>(entries(), label), description: "Values kept, expired ones included.");
    }

    public void CountHit() => Interlocked.Increment(ref _hits);

    public void CountJoined() => Interlocked.Increment(ref _joined);

    public void CountLoad() => Interlocked.Increment(ref _loads);

    public void CountEviction() => Interlocked.Increment(ref _evicted);

    public void Dispose() => _meter.Dispose();
}
