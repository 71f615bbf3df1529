using System.Diagnostics.Metrics;

namespace Causeway.Identity.Tests;

/// <summary>Counts the passwords one service hashes: work that is equal without looking at a clock.</summary>
internal sealed class HashCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    public HashCounter(TestIdentity identity)
    {
        var factory = identity.Get<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "causeway.password.hashes" && instrument.Meter.Scope == (object)factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => Interlocked.Add(ref _count, measurement));
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    /// <summary>How many hashes some work costs.</summary>
    public async Task<long> CostOfAsync(Func<Task> work)
    {
        var before = Count;
        await work();
        return Count - before;
    }

    public void Dispose() => _listener.Dispose();
}
