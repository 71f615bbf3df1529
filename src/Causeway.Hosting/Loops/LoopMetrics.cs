using System.Diagnostics.Metrics;

namespace Causeway.Hosting;

/// <summary>The instruments of loops, on the meter <c>Causeway.Hosting</c>.</summary>
internal sealed class LoopMetrics
{
    private readonly Counter<long> _runs;

    public LoopMetrics(IMeterFactory meters, Func<IEnumerable<LoopStatus>> loops)
    {
        var meter = meters.Create("Causeway.Hosting");
        _runs = meter.CreateCounter<long>("causeway.loop.runs", description: "Iterations that ended, by outcome: ok, failed, timed_out or left_behind.");
        meter.CreateObservableGauge(
            "causeway.loop.last_success_timestamp",
            () => loops().Where(static loop => loop.LastSuccessAt is not null)
                .Select(static loop => new Measurement<double>(loop.LastSuccessAt!.Value.ToUnixTimeMilliseconds() / 1000.0, Label(loop.Name))),
            "s", "When the last good iteration ended, in seconds since 1970.");
        meter.CreateObservableGauge(
            "causeway.loop.last_duration",
            () => loops().Where(static loop => loop.LastDuration is not null)
                .Select(static loop => new Measurement<double>(loop.LastDuration!.Value.TotalSeconds, Label(loop.Name))),
            "s", "How long the last iteration took.");
        meter.CreateObservableGauge(
            "causeway.loop.failures_in_row",
            () => loops().Select(static loop => new Measurement<int>(loop.FailuresInRow, Label(loop.Name))),
            description: "Failures since the last good iteration.");
    }

    public void Count(string loop, LoopOutcome outcome) => _runs.Add(1, Label(loop), new("outcome", NameOf(outcome)));

    private static KeyValuePair<string, object?> Label(string loop) => new("loop", loop);

    private static string NameOf(LoopOutcome outcome) => outcome switch
    {
        LoopOutcome.Succeeded => "ok",
        LoopOutcome.TimedOut => "timed_out",
        LoopOutcome.LeftBehind => "left_behind",
        _ => "failed",
    };
}
