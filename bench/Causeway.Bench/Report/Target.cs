using System.Globalization;
using Causeway.Bench.Peers;

namespace Causeway.Bench.Report;

/// <summary>A figure the project has set itself.</summary>
internal sealed record Target(string Text, Func<Comparison, double> Measure, double Limit, bool AtLeast)
{
    private const string Own = PeerCatalog.Causeway;

    public static IReadOnlyList<Target> All { get; } =
    [
        Speed("Fan-out to 1,000, one message in flight: of the floor's deliveries/s", "fanout1000", "w1", PeerCatalog.Floor, Metric.Deliveries, 0.65),
        Speed("The same: times SignalR's", "fanout1000", "w1", PeerCatalog.SignalR, Metric.Deliveries, 2.2),
        Speed("Fan-out to 1,000, sixteen in flight: of the floor's deliveries/s", "fanout1000", "w16", PeerCatalog.Floor, Metric.Deliveries, 1.0),
        Speed("The same: times SignalR's", "fanout1000", "w16", PeerCatalog.SignalR, Metric.Deliveries, 3.5),
        new("Fan-out to 1,000 at 30/s: p99 over SignalR's", static c => c.Ratio("fanout1000", "r30", Own, PeerCatalog.SignalR, Metric.P99), 0.5, AtLeast: false),
        Speed("Server-Sent Events to 500: of the floor's deliveries/s", "sse500", "w1", PeerCatalog.Floor, Metric.Deliveries, 0.55),
        Speed("Request and answer: times SignalR's messages/s", "echo50", "c50", PeerCatalog.SignalR, Metric.Messages, 1.3),
        new("Idle memory at 5,000 connections, KB each", static c => c.Value("idle5000", "idle", Own, Metric.KilobytesConnected), 22, AtLeast: false),
        new("Ten stuck readers: messages the others lost (worst round)", static c => c.Worst("stuck200", "r100", Own, Metric.Lost), 0, AtLeast: false),
        new("Ten stuck readers: p99 of the others, with over without", static c => c.Value("stuck200", "r100", Own, Metric.P99Change), 1.5, AtLeast: false),
        new("Ten stuck readers: still held at the end (worst round)", static c => c.Worst("stuck200", "r100", Own, Metric.StuckLeft), 0, AtLeast: false),
        new("Ten stuck readers: gone after, seconds (worst round)", static c => c.Worst("stuck200", "r100", Own, Metric.StuckGone), 10, AtLeast: false),
        Relayed("HTTP 1 KB through the relay: of Caddy's CPU per request", "proxy1k", "c50", Metric.ServerCpu, 0.6, atLeast: false),
        Relayed("Small WebSocket messages through the relay: times Caddy's CPU", "relay-small", "c50", Metric.ServerCpu, 1.5, atLeast: false),
        Relayed("256 KB WebSocket messages through the relay: of Caddy's MB/s", "relay-big", "c2", Metric.Megabytes, 0.9, atLeast: true),
        new("A relayed idle WebSocket, KB", static c => c.Value("relay-idle", "idle", RelayPeers.Causeway, Metric.KilobytesConnected), 40, AtLeast: false),
    ];

    /// <summary>A row of the table, or null when it was not measured.</summary>
    public string? Row(Comparison comparison)
    {
        var value = Measure(comparison);
        if (double.IsNaN(value))
        {
            return null;
        }

        var met = AtLeast ? value >= Limit : value <= Limit;
        return string.Create(CultureInfo.InvariantCulture, $"| {Text} | {(AtLeast ? "≥" : "≤")} {Limit:0.##} | {value:0.##} | {(met ? "met" : "missed")} |");
    }

    private static Target Relayed(string text, string scenario, string phase, string metric, double limit, bool atLeast) =>
        new(text, comparison => comparison.Ratio(scenario, phase, RelayPeers.Causeway, RelayPeers.Caddy, metric), limit, atLeast);

    private static Target Speed(string text, string scenario, string phase, string reference, string metric, double limit) =>
        new(text, comparison => comparison.Ratio(scenario, phase, Own, reference, metric), limit, AtLeast: true);
}
