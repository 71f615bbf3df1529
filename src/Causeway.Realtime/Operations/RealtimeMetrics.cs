using System.Diagnostics.Metrics;

namespace Causeway.Realtime;

/// <summary>What the live service counts, and its instruments on the meter <c>Causeway.Realtime</c>.</summary>
internal sealed class RealtimeMetrics
{
    public const string MeterName = "Causeway.Realtime";

    private readonly long[] _dropped = new long[Enum.GetValues<SlowConsumerPolicy>().Length];
    private readonly Counter<long> _refused;
    private readonly Histogram<double>? _commits;
    private long _stored;
    private long _published;
    private long _slowCloses;
    private long _backlogBytes;

    public RealtimeMetrics(LiveCore core, IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Latency = new LatencyWindow(
            core.Time,
            meter.CreateHistogram(
                "causeway.publish_to_send", "s", "Time from a publish until the last of a loop's members has been given it.",
                advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] }));
        _refused = meter.CreateCounter<long>("causeway.refused", description: "Requests and messages refused, by error code.");
        meter.CreateObservableGauge(
            "causeway.connections",
            () => new Measurement<int>[]
            {
                new(core.Connections.CountOf(Transport.WebSocket), new KeyValuePair<string, object?>("transport", "websocket")),
                new(core.Connections.CountOf(Transport.Sse), new KeyValuePair<string, object?>("transport", "sse")),
            },
            description: "Live connections.");
        meter.CreateObservableGauge("causeway.rooms", () => core.Rooms.Count, description: "Rooms.");
        meter.CreateObservableCounter("causeway.messages.published", () => Published, description: "Messages published to rooms.");
        meter.CreateObservableCounter(
            "causeway.deliveries",
            () => new Measurement<long>[]
            {
                new(core.Loops.Sum(static loop => loop.WebSocketDeliveries), new KeyValuePair<string, object?>("transport", "websocket")),
                new(core.Loops.Sum(static loop => loop.StreamDeliveries), new KeyValuePair<string, object?>("transport", "sse")),
            },
            description: "Room messages handed to connections, each member counting.");
        meter.CreateObservableCounter("causeway.slow_closes", () => SlowCloses, description: "Connections closed because they read too slowly.");
        meter.CreateObservableCounter(
            "causeway.dropped",
            () => new Measurement<long>[]
            {
                new(Interlocked.Read(ref _dropped[(int)SlowConsumerPolicy.DropOldest]), new KeyValuePair<string, object?>("policy", "drop_oldest")),
                new(Interlocked.Read(ref _dropped[(int)SlowConsumerPolicy.Conflate]), new KeyValuePair<string, object?>("policy", "conflate")),
            },
            description: "Messages slow members did not get, by policy.");
        meter.CreateObservableGauge("causeway.backlog", () => BacklogBytes, "By", "Bytes waiting for full sockets.");
        if (core.Logs is { } logs)
        {
            meter.CreateObservableCounter("causeway.durable.messages", () => Interlocked.Read(ref _stored), description: "Messages that the logs of durable rooms took.");
            meter.CreateObservableGauge("causeway.durable.queued", () => logs.Writer.Queued, description: "Messages that wait for the logs of durable rooms.");
            _commits = meter.CreateHistogram(
                "causeway.durable.commit", "s", "Time in which the logs of durable rooms took the messages that had gathered.",
                advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        }
    }

    public LatencyWindow Latency { get; }

    public long Published => Interlocked.Read(ref _published);

    public long SlowCloses => Interlocked.Read(ref _slowCloses);

    public long BacklogBytes => Interlocked.Read(ref _backlogBytes);

    public long Dropped => Interlocked.Read(ref _dropped[(int)SlowConsumerPolicy.DropOldest]) + Interlocked.Read(ref _dropped[(int)SlowConsumerPolicy.Conflate]);

    public void CountPublished() => Interlocked.Increment(ref _published);

    public void CountStored(int messages, TimeSpan commit)
    {
        Interlocked.Add(ref _stored, messages);
        _commits?.Record(commit.TotalSeconds);
    }

    public void CountSlowClose() => Interlocked.Increment(ref _slowCloses);

    public void CountDropped(SlowConsumerPolicy policy, long count) => Interlocked.Add(ref _dropped[(int)policy], count);

    public void CountRefused(Causeway.Http.ErrorCode code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code.Name));

    public void AddBacklog(long bytes) => Interlocked.Add(ref _backlogBytes, bytes);
}
