using System.Diagnostics.Metrics;

namespace Causeway.Server;

/// <summary>What is counted of backends that are asked, on the meter <c>Causeway.CallOuts</c>.</summary>
internal sealed class CallOutsMetrics
{
    private readonly Counter<long> _questions;
    private readonly Histogram<double> _durations;

    public CallOutsMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Causeway.CallOuts");
        _questions = meter.CreateCounter<long>("causeway.call_outs.questions", description: "Questions to backends, by what was asked and what came of it; answers that were kept are no questions.");
        _durations = meter.CreateHistogram<double>("causeway.call_outs.duration", "s", "How long backends took to answer, or to fail.");
    }

    /// <param name="kind"><c>connect</c>, <c>join</c> or <c>publish</c>.</param>
    /// <param name="outcome"><c>allowed</c>, <c>refused</c>, <c>failed</c> or <c>not_asked</c>.</param>
    public void Count(string kind, string outcome) => _questions.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));

    /// <inheritdoc cref="Count(string, string)"/>
    /// <param name="kind">What was asked.</param>
    /// <param name="outcome">What came of it.</param>
    /// <param name="duration">How long it took.</param>
    public void Count(string kind, string outcome, TimeSpan duration)
    {
        Count(kind, outcome);
        _durations.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));
    }
}
