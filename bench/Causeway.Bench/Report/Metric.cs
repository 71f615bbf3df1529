using System.Globalization;

namespace Causeway.Bench.Report;

/// <summary>A column of the tables.</summary>
/// <param name="Name">Also the key in the JSON results.</param>
/// <param name="Header">With its unit.</param>
/// <param name="Format">A numeric format.</param>
/// <param name="Compared">Whether a ratio to the floor stands beside it.</param>
internal sealed record Metric(string Name, string Header, string Format, bool Compared)
{
    public const string Deliveries = "deliveries_per_second";
    public const string Messages = "messages_per_second";
    public const string Megabytes = "megabytes_per_second";
    public const string CpuPerGigabyte = "server_cpu_ms_per_gigabyte";
    public const string ServerCpu = "server_cpu_seconds_per_million";
    public const string P50 = "p50_us";
    public const string P99 = "p99_us";
    public const string P999 = "p999_us";
    public const string ServerShare = "server_cpu_share";
    public const string LoadShare = "lg_util";
    public const string Memory = "rss_peak_mb";
    public const string Lost = "lost";
    public const string Closed = "closed_by_server";
    public const string Disordered = "disordered";
    public const string Connects = "connects_per_second";
    public const string KilobytesConnected = "kb_per_connection";
    public const string KilobytesJoined = "kb_per_connection_joined";
    public const string P99Change = "p99_with_stuck_over_without";
    public const string StuckGone = "stuck_gone_seconds";
    public const string StuckLeft = "stuck_left";
    public const string MemoryGrowth = "rss_growth_mb";

    public static IReadOnlyList<Metric> All { get; } =
    [
        new(Deliveries, "deliveries/s", "N0", true),
        new(Messages, "messages/s", "N0", true),
        new(Megabytes, "MB/s", "N0", true),
        new(CpuPerGigabyte, "server CPU ms per GB", "N0", true),
        new(Connects, "connects/s", "N0", true),
        new(KilobytesConnected, "KB/connection", "N1", true),
        new(KilobytesJoined, "KB/connection, joined", "N1", true),
        new(ServerCpu, "server CPU s per million", "N2", true),
        new(P50, "p50 µs", "N0", true),
        new(P99, "p99 µs", "N0", true),
        new(P999, "p99.9 µs", "N0", false),
        new(P99Change, "p99 with / without stuck", "N2", false),
        new(StuckGone, "stuck gone after s", "N1", false),
        new(StuckLeft, "stuck left", "N0", false),
        new(ServerShare, "server CPU", "P0", false),
        new(LoadShare, "lg_util", "P0", false),
        new(Memory, "RSS peak MB", "N0", false),
        new(MemoryGrowth, "RSS growth MB", "N1", false),
        new(Lost, "lost", "N0", false),
        new(Disordered, "out of order", "N0", false),
        new(Closed, "closed", "N0", false),
    ];

    public string Text(double value) => double.IsNaN(value) ? "–" : value.ToString(Format, CultureInfo.InvariantCulture).Replace(" %", " %", StringComparison.Ordinal);
}
