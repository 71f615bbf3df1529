using System.Diagnostics.Metrics;

namespace Causeway.Relay;

/// <summary>What the relay counts, and its instruments on the meter <c>Causeway.Relay</c>.</summary>
internal sealed class RelayMetrics
{
    public const string MeterName = "Causeway.Relay";

    private readonly Meter _meter;
    private readonly Histogram<double> _seconds;

    public RelayMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _seconds = _meter.CreateHistogram(
            "causeway.relay.request", "s", "Time from a relayed request's arrival until its answer was handed over.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });
    }

    /// <summary>Shows the backends of these routes; once.</summary>
    public void Observe(RelayRoutes routes)
    {
        _meter.CreateObservableCounter(
            "causeway.relay.requests",
            () => routes.Backends.SelectMany(static backend => backend.Answers.Read(backend.Name)),
            description: "Relayed requests, by backend and class of status.");
        _meter.CreateObservableGauge(
            "causeway.backend.healthy",
            () => routes.Backends.SelectMany(static backend => backend.Destinations.Select(destination => new Measurement<int>(
                destination.Health.IsUp ? 1 : 0,
                new KeyValuePair<string, object?>("backend", backend.Name),
                new KeyValuePair<string, object?>("address", destination.Index)))),
            description: "Whether an address of a backend takes requests: 1 or 0. Addresses are counted from 0 in the order of the configuration.");
        _meter.CreateObservableGauge(
            "causeway.relay.in_flight",
            () => routes.Backends.Select(static backend => new Measurement<int>(
                backend.Destinations.Sum(static destination => destination.InFlight), new KeyValuePair<string, object?>("backend", backend.Name))),
            description: "Relayed requests and WebSockets that are open now.");
        _meter.CreateObservableGauge(
            "causeway.relay.websockets",
            () => routes.Backends.Select(static backend => new Measurement<int>(backend.WebSockets.Taken, new KeyValuePair<string, object?>("backend", backend.Name))),
            description: "Relayed WebSockets that are open now or being opened.");
    }

    public void Count(Backend backend, int status, TimeSpan took)
    {
        backend.Answers.Count(status);
        if (_seconds.Enabled)
        {
            _seconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("backend", backend.Name));
        }
    }
}
