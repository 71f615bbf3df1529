using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;
using Causeway.Bench.Scenarios;

namespace Causeway.Bench.Report;

/// <summary>The tables, as they stand in docs/benchmarks.md.</summary>
internal static class MarkdownReport
{
    public static string Write(IReadOnlyList<Sample> samples, IReadOnlyList<Failure> failures, string command)
    {
        var comparison = new Comparison(samples);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Taken {TimeProvider.System.GetUtcNow():yyyy-MM-dd} with `{command}` on {Machine.Processor}, {Machine.Cores} cores, {RuntimeInformation.OSDescription}, Linux {Environment.OSVersion.Version.ToString(2)}, {RuntimeInformation.FrameworkDescription}.");
        text.AppendLine();
        text.AppendLine("In brackets: the median of the ratios to the floor's runs beside it; then, after the bar, to SignalR's run of the same round. For relays: to Caddy's run of the same round; then to nginx's.");
        text.AppendLine();

        var targets = Target.All.Select(target => target.Row(comparison)).OfType<string>().ToList();
        if (targets.Count > 0)
        {
            text.AppendLine("### Targets").AppendLine().AppendLine("| what | target | measured | |").AppendLine("|---|---|---|---|");
            targets.ForEach(row => text.AppendLine(row));
            text.AppendLine();
        }

        text.AppendLine(SummaryTable.Write(comparison, ofRelays: false));
        text.AppendLine(SummaryTable.Write(comparison, ofRelays: true));
        foreach (var scenario in ScenarioCatalog.All)
        {
            foreach (var phase in comparison.Phases(scenario.Name))
            {
                text.AppendLine(Table(comparison, samples, scenario, phase));
            }
        }

        if (failures.Count > 0)
        {
            text.AppendLine("### Not measured").AppendLine();
            foreach (var group in failures.GroupBy(static f => (f.Scenario, f.Peer, f.Reason)))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"- {group.Key.Scenario}, {group.Key.Peer}, {group.Count()} ×: {group.Key.Reason.ReplaceLineEndings(" ")}");
            }
        }

        return text.ToString();
    }

    private static string Table(Comparison comparison, IReadOnlyList<Sample> samples, Scenario scenario, string phase)
    {
        var present = samples.Where(s => s.Scenario == scenario.Name && s.Phase == phase).SelectMany(static s => s.Values.Keys).ToHashSet();
        var columns = Metric.All.Where(metric => present.Contains(metric.Name)).ToList();
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"### {scenario.Description}: {Explain(phase)}").AppendLine();
        text.AppendLine("| peer | runs | " + string.Join(" | ", columns.Select(static c => c.Header)) + " |");
        text.AppendLine("|---|---|" + string.Concat(columns.Select(static _ => "---|")));
        foreach (var peer in comparison.Peers(scenario.Name, phase))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {peer} | {comparison.Runs(scenario.Name, phase, peer)} |");
            foreach (var column in columns)
            {
                text.Append(' ').Append(Cell(comparison, scenario, phase, peer, column)).Append(" |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static string Cell(Comparison comparison, Scenario scenario, string phase, string peer, Metric column)
    {
        var value = column.Text(comparison.Value(scenario.Name, phase, peer, column.Name));
        var (first, second) = scenario.References;
        if (!column.Compared || peer == first)
        {
            return value;
        }

        var toFirst = comparison.Ratio(scenario.Name, phase, peer, first, column.Name);
        var toSecond = peer == second ? double.NaN : comparison.Ratio(scenario.Name, phase, peer, second, column.Name);
        var ratios = string.Join(" ¦ ", new[] { toFirst, toSecond }.Where(static ratio => !double.IsNaN(ratio)).Select(static ratio => ratio.ToString("0.00×", CultureInfo.InvariantCulture)));
        return ratios.Length == 0 ? value : $"{value} ({ratios})";
    }

    private static string Explain(string phase) => phase switch
    {
        "w1" => "flat out, one message in flight (w1)",
        "w16" => "flat out, sixteen messages in flight (w16)",
        "idle" => phase,
        ['c', ..] => $"{phase[1..]} connections ({phase})",
        _ => $"{phase[1..]} messages/s ({phase})",
    };
}
