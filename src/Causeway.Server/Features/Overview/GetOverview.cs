namespace Causeway.Server;

/// <summary>The whole service at one glance.</summary>
internal static class GetOverview
{
    /// <summary>Totals since the start and levels now. What takes its time, or may fail, comes in parts.</summary>
    internal sealed record Overview
    {
        /// <summary>The machine it runs on.</summary>
        public required string Node { get; init; }

        /// <summary>The program's version.</summary>
        public required string Version { get; init; }

        /// <summary><c>development</c>, <c>staging</c> or <c>production</c>.</summary>
        public required string Environment { get; init; }

        /// <summary><c>local</c> or <c>exposed</c>.</summary>
        public required string Exposure { get; init; }

        /// <summary>When it started.</summary>
        public required DateTimeOffset StartedAt { get; init; }

        /// <summary>Seconds since.</summary>
        public required long UptimeSeconds { get; init; }

        /// <summary>The service's clock.</summary>
        public required DateTimeOffset Now { get; init; }

        /// <summary>Processors it may use.</summary>
        public required int Processors { get; init; }

        /// <summary>True while it is stopping.</summary>
        public required bool Draining { get; init; }

        /// <summary>As <c>/ready</c> says it: <c>ready</c>, <c>degraded</c>, <c>draining</c> or <c>unavailable</c>. Part <c>readiness</c>.</summary>
        public string? Readiness { get; init; }

        /// <summary>Live connections. Part <c>live</c>, as all down to the latency; null, like every part's values, when the part could not be had.</summary>
        public ConnectionCounts? Connections { get; init; }

        /// <summary>Rooms.</summary>
        public int? Rooms { get; init; }

        /// <summary>Messages published to rooms.</summary>
        public long? MessagesPublished { get; init; }

        /// <summary>Room messages handed to sockets or streams, each member counting.</summary>
        public long? Deliveries { get; init; }

        /// <summary>Messages slow members did not get.</summary>
        public long? Dropped { get; init; }

        /// <summary>Members closed as too slow.</summary>
        public long? SlowCloses { get; init; }

        /// <summary>Bytes waiting for full sockets.</summary>
        public long? BacklogBytes { get; init; }

        /// <summary>From publish to the socket.</summary>
        public LatencySummary? Latency { get; init; }

        /// <summary>Of the process. Part <c>process</c>.</summary>
        public MemoryUse? Memory { get; init; }

        /// <summary>Processor time used by the process. Part <c>process</c>.</summary>
        public double? CpuSeconds { get; init; }

        /// <summary>Background loops. Part <c>loops</c>.</summary>
        public LoopCounts? Loops { get; init; }

        /// <summary>Backends of relayed routes. Part <c>backends</c>.</summary>
        public BackendCounts? Backends { get; init; }

        /// <summary>Durable jobs of the database, counted every 15 s. Part <c>jobs</c>.</summary>
        public JobCounts? Jobs { get; init; }

        /// <summary>Parts that could not be had within a second; the others are answered all the same.</summary>
        public IReadOnlyList<UnavailablePart> Unavailable { get; init; } = [];
    }

    /// <summary>Live connections by transport.</summary>
    internal sealed record ConnectionCounts(int Websocket, int Sse);

    /// <summary>Over the last minute or less; null before the first message.</summary>
    internal sealed record LatencySummary(
        [property: System.Text.Json.Serialization.JsonPropertyName("publish_to_send_p50_ms")] double? PublishToSendP50Ms,
        [property: System.Text.Json.Serialization.JsonPropertyName("publish_to_send_p99_ms")] double? PublishToSendP99Ms);

    /// <summary>Memory of the process.</summary>
    internal sealed record MemoryUse(long WorkingSetBytes, long GcHeapBytes);

    /// <summary>Background loops: all, and those whose last run failed.</summary>
    internal sealed record LoopCounts(int Total, int Failing);

    /// <summary>Backends: all, and those with no address up.</summary>
    internal sealed record BackendCounts(int Total, int Down);

    /// <summary>Durable jobs by state.</summary>
    internal sealed record JobCounts(long Waiting, long Running, long Scheduled, long Dead);

    /// <summary>A part that could not be had.</summary>
    /// <param name="Part">Its name.</param>
    /// <param name="Reason">Why.</param>
    internal sealed record UnavailablePart(string Part, string Reason);

    public static Task<Overview> HandleAsync(OverviewReader reader, ServiceFacts facts, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return reader.ReadAsync(
            new Overview
            {
                Node = facts.Node,
                Version = facts.Version,
                Environment = facts.Environment,
                Exposure = facts.Exposure,
                StartedAt = facts.StartedAt,
                UptimeSeconds = (long)(now - facts.StartedAt).TotalSeconds,
                Now = now,
                Processors = Environment.ProcessorCount,
                Draining = facts.IsDraining(),
            },
            cancellationToken);
    }
}
