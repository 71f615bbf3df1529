using System.Diagnostics.Metrics;

namespace Causeway.Jobs;

/// <summary>The meter <c>Causeway.Jobs</c>.</summary>
internal sealed class JobsMetrics : IDisposable
{
    public const string MeterName = "Causeway.Jobs";

    private readonly Meter _meter;
    private readonly Counter<long> _enqueued;
    private readonly Counter<long> _tries;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _wait;

    public JobsMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _enqueued = _meter.CreateCounter<long>("causeway.jobs.enqueued", "{job}", "Jobs enqueued by this process, by kind.");
        _tries = _meter.CreateCounter<long>("causeway.jobs.tries", "{try}", "Tries that ended, by kind and outcome: succeeded, failed, dead, cancelled, put_off or lost.");
        _duration = _meter.CreateHistogram<double>("causeway.jobs.duration", "s", "How long tries took, by kind.");
        _wait = _meter.CreateHistogram<double>("causeway.jobs.wait", "s", "From when a job was due until it was begun, by queue.");
        _meter.CreateObservableGauge("causeway.jobs.running", () => Running(), "{job}", "Jobs that this process runs.");
        _meter.CreateObservableGauge("causeway.jobs.left_behind", () => LeftBehind(), "{job}", "Jobs that did not come back after they were cancelled and may still be at work.");
        _meter.CreateObservableGauge(
            "causeway.jobs.kept",
            () => Counts.Select(static count => new Measurement<long>(count.Jobs, new("queue", count.Queue), new("state", StateName(count.State)))),
            "{job}", "Jobs in the database that are waiting, running, scheduled or dead, by queue; counted every 15 s.");
    }

    public Func<int> Running { get; set; } = static () => 0;

    public Func<int> LeftBehind { get; set; } = static () => 0;

    public IReadOnlyList<JobCount> Counts { get; set; } = [];

    public void CountEnqueued(string kind) => _enqueued.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void CountTry(string kind, string outcome) => _tries.Add(1, new("kind", kind), new("outcome", outcome));

    public void RecordDuration(string kind, TimeSpan took) => _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("kind", kind));

    public void RecordWait(string queue, long milliseconds) => _wait.Record(Math.Max(0, milliseconds) / 1000.0, new KeyValuePair<string, object?>("queue", queue));

    public void Dispose() => _meter.Dispose();

    private static string StateName(JobState state) => state switch
    {
        JobState.Waiting => "waiting",
        JobState.Running => "running",
        JobState.Scheduled => "scheduled",
        JobState.Succeeded => "succeeded",
        JobState.Dead => "dead",
        _ => "cancelled",
    };
}

/// <summary>How many jobs of a queue are in a state.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="State">The state.</param>
/// <param name="Jobs">How many.</param>
public sealed record JobCount(string Queue, JobState State, long Jobs);
