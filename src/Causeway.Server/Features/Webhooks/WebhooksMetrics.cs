using System.Diagnostics.Metrics;

namespace Causeway.Server;

/// <summary>What is counted of webhooks, on the meter <c>Causeway.Webhooks</c>.</summary>
internal sealed class WebhooksMetrics
{
    private readonly Counter<long> _tries;
    private readonly Counter<long> _opened;
    private readonly Counter<long> _events;
    private readonly Counter<long> _lost;
    private readonly Histogram<double> _durations;

    public WebhooksMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Causeway.Webhooks");
        _tries = meter.CreateCounter<long>("causeway.webhooks.tries", description: "Tries to tell an endpoint of an event, by what became of them.");
        _opened = meter.CreateCounter<long>("causeway.webhooks.left_alone", description: "How often an endpoint was left alone after failures in a row.");
        _events = meter.CreateCounter<long>("causeway.webhooks.events", description: "Events that somebody wanted and that were written down, by type.");
        _lost = meter.CreateCounter<long>("causeway.webhooks.events_lost", description: "Events that somebody wanted and that were lost, since the buffer was full.");
        _durations = meter.CreateHistogram<double>("causeway.webhooks.duration", "s", "How long endpoints took to answer, or to fail.");
    }

    /// <param name="outcome"><c>succeeded</c>, <c>failed</c> or <c>put_off</c>.</param>
    public void Count(string outcome) => _tries.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <inheritdoc cref="Count(string)"/>
    /// <param name="outcome"><c>succeeded</c> or <c>failed</c>.</param>
    /// <param name="duration">How long it took.</param>
    public void Count(string outcome, TimeSpan duration)
    {
        Count(outcome);
        _durations.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
    }

    public void CountEvent(string type) => _events.Add(1, new KeyValuePair<string, object?>("type", type));

    public void CountLost() => _lost.Add(1);

    public void CountOpened() => _opened.Add(1);
}
