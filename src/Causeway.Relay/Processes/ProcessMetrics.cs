using System.Diagnostics.Metrics;

namespace Causeway.Relay;

/// <summary>What is measured of backends' processes, on the meter <c>Causeway.Relay</c>.</summary>
internal sealed class ProcessMetrics
{
    private readonly Counter<long> _starts;
    private readonly Counter<long> _failures;

    public ProcessMetrics(IMeterFactory meters, Func<IEnumerable<BackendProcess>> processes)
    {
        var meter = meters.Create(RelayMetrics.MeterName);
        _starts = meter.CreateCounter<long>("causeway.backend.process.starts", description: "Starts of a backend's process.");
        _failures = meter.CreateCounter<long>("causeway.backend.process.failures", description: "Processes that ended by themselves, never got ready or could not be started.");
        meter.CreateObservableGauge(
            "causeway.backend.process.up",
            () => processes().Select(static process => new Measurement<int>(process.IsReady ? 1 : 0, Tag(process.Name))),
            description: "1 while a backend's process is ready.");
    }

    public void CountStart(string backend) => _starts.Add(1, Tag(backend));

    public void CountFailure(string backend) => _failures.Add(1, Tag(backend));

    private static KeyValuePair<string, object?> Tag(string backend) => new("backend", backend);
}
