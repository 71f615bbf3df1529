using System.Diagnostics.Metrics;

namespace Causeway.Data.Tests;

/// <summary>Reads counters of the library, summed over all databases of the process.</summary>
internal sealed class MetricProbe : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _values = [];

    /// <param name="meters">Of the service whose instruments these are: others in this process have such too.</param>
    /// <param name="names">The instruments.</param>
    public MetricProbe(IMeterFactory meters, params string[] names)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters && names.Contains(instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _values[instrument.Name] = _values.GetValueOrDefault(instrument.Name) + value);
        _listener.Start();
    }

    public IReadOnlyDictionary<string, long> Read()
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return new Dictionary<string, long>(_values);
    }

    public void Dispose() => _listener.Dispose();
}
