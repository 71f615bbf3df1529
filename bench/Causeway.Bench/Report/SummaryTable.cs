using System.Globalization;
using System.Text;
using Causeway.Bench.Peers;
using Causeway.Bench.Scenarios;

namespace Causeway.Bench.Report;

/// <summary>One row per phase with its most telling figure: a rate where the server is driven flat out, the slowest hundredth at a fixed rate.</summary>
internal static class SummaryTable
{
    /// <summary>The table of the servers, or that of the relays; empty where none was measured.</summary>
    public static string Write(Comparison comparison, bool ofRelays)
    {
        var scenarios = ScenarioCatalog.All.Where(scenario => scenario.IsForRelays == ofRelays && comparison.Phases(scenario.Name).Any()).ToList();
        if (scenarios.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder(ofRelays ? "### Summary of the relays" : "### Summary").AppendLine().AppendLine();
        var peers = PeerCatalog.All.Where(peer => peer.IsRelay == ofRelays).Select(static peer => peer.Name).ToList();
        text.AppendLine("| scenario | figure | " + string.Join(" | ", peers) + " |");
        text.AppendLine("|---|---|" + string.Concat(peers.Select(static _ => "---|")));
        foreach (var scenario in scenarios)
        {
            foreach (var phase in comparison.Phases(scenario.Name))
            {
                foreach (var name in Headlines(phase, scenario))
                {
                    var metric = Metric.All.First(metric => metric.Name == name);
                    text.Append(CultureInfo.InvariantCulture, $"| {scenario.Name} {phase} | {metric.Header} |");
                    foreach (var peer in peers)
                    {
                        text.Append(' ').Append(Cell(comparison, scenario, phase, peer, metric)).Append(" |");
                    }

                    text.AppendLine();
                }
            }
        }

        return text.ToString();
    }

    private static string[] Headlines(string phase, Scenario scenario) => scenario switch
    {
        EchoScenario { IsBig: true } => [Metric.Megabytes, Metric.CpuPerGigabyte],
        EchoScenario { IsForRelays: true } => [Metric.Messages, Metric.ServerCpu],
        EchoScenario => [Metric.Messages],
        IdleScenario => [Metric.KilobytesConnected],
        StuckScenario => [Metric.Lost, Metric.P99, Metric.StuckLeft],
        _ => [phase.StartsWith('r') ? Metric.P99 : Metric.Deliveries],
    };

    private static string Cell(Comparison comparison, Scenario scenario, string phase, string peer, Metric metric)
    {
        var value = metric.Text(comparison.Value(scenario.Name, phase, peer, metric.Name));
        var reference = scenario.References.First;
        var ratio = metric.Compared ? comparison.Ratio(scenario.Name, phase, peer, reference, metric.Name) : double.NaN;
        return peer == reference || double.IsNaN(ratio) ? value : string.Create(CultureInfo.InvariantCulture, $"{value} ({ratio:0.00}×)");
    }
}
