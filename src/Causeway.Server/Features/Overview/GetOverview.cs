using System.Diagnostics;

namespace Causeway.Server;

/// <summary>The whole service at one glance.</summary>
internal static class GetOverview
{
    /// <summary>Totals since the start and levels now.</summary>
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

        /// <summary>Live connections.</summary>
        public required ConnectionCounts Connections { get; init; }

        /// <summary>Rooms.</summary>
        public required int Rooms { get; init; }

        /// <summary>Messages published to rooms.</summary>
        public required long MessagesPublished { get; init; }

        /// <summary>Room messages handed to sockets or streams, each member counting.</summary>
        public required long Deliveries { get; init; }

        /// <summary>Messages slow members did not get.</summary>
        public required long Dropped { get; init; }

        /// <summary>Members closed as too slow.</summary>
        public required long SlowCloses { get; init; }

        /// <summary>Bytes waiting for full sockets.</summary>
        public required long BacklogBytes { get; init; }

        /// <summary>From publish to the socket.</summary>
        public required LatencySummary Latency { get; init; }

        /// <summary>Of the process.</summary>
        public required MemoryUse Memory { get; init; }

        /// <summary>Processor time used by the process.</summary>
        public required double CpuSeconds { get; init; }

        /// <summary>Processors it may use.</summary>
        public required int Processors { get; init; }

        /// <summary>True while it is stopping.</summary>
        public required bool Draining { get; init; }
    }

    /// <summary>Live connections by transport.</summary>
    internal sealed record ConnectionCounts(int Websocket, int Sse);

    /// <summary>Over the last minute or less; null before the first message.</summary>
    internal sealed record LatencySummary(
        [property: System.Text.Json.Serialization.JsonPropertyName("publish_to_send_p50_ms")] double? PublishToSendP50Ms,
        [property: System.Text.Json.Serialization.JsonPropertyName("publish_to_send_p99_ms")] double? PublishToSendP99Ms);

    /// <summary>Memory of the process.</summary>
    internal sealed record MemoryUse(long WorkingSetBytes, long GcHeapBytes);

    public static Overview Handle(Realtime.Connections connections, ServiceFacts facts, TimeProvider time)
    {
        var live = connections.Statistics;
        var now = time.GetUtcNow();
        using var process = Process.GetCurrentProcess();
        return new Overview
        {
            Node = facts.Node,
            Version = facts.Version,
            Environment = facts.Environment,
            Exposure = facts.Exposure,
            StartedAt = facts.StartedAt,
            UptimeSeconds = (long)(now - facts.StartedAt).TotalSeconds,
            Now = now,
            Connections = new ConnectionCounts(live.WebSockets, live.Streams),
            Rooms = live.Rooms,
            MessagesPublished = live.Published,
            Deliveries = live.Deliveries,
            Dropped = live.Dropped,
            SlowCloses = live.SlowCloses,
            BacklogBytes = live.BacklogBytes,
            Latency = new LatencySummary(live.PublishToSendP50?.TotalMilliseconds, live.PublishToSendP99?.TotalMilliseconds),
            Memory = new MemoryUse(process.WorkingSet64, GC.GetTotalMemory(forceFullCollection: false)),
            CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
            Processors = Environment.ProcessorCount,
            Draining = facts.IsDraining(),
        };
    }
}
