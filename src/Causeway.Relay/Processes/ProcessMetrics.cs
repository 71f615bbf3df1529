using System.Diagnostics.Metrics;

namespace Causeway.Relay;

/// <summary>What is measured of backends' processes, on the meter <c>Causeway.Relay</c>.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly Meter _meter = new("Causeway.Relay");
    private readonly Counter<long> _starts;
    private readonly Counter<long> _failures;

    public ProcessMetrics(Func<IEnumerable<BackendProcess>> processes)
    {
        _starts = _meter.CreateCounter<long>("causeway.backend.process.starts", description: "Starts of a backend's process.");
        _failures = _meter.CreateCounter<long>("causeway.backend.process.failures", description: "Processes that ended by themselves, never got ready or could not be started.");
        _meter.CreateObservableGauge(
            "causeway.backend.process.up",
            () => processes().Select(static process => new Measurement<int>(process.IsReady ? 1 : 0, Tag(process.Name))),
            description: "1 while a backend's process is ready.");
    }

    public void CountStart(string backend) => _starts.Add(1, Tag(backend));

    public void CountFailure(string backend) => _failures.Add(1, Tag(backend));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string backend) => new("backend", backend);
}
