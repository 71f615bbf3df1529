using Causeway.Bench.Peers;

namespace Causeway.Bench.Report;

/// <summary>Medians over rounds, and medians of ratios: each sample is divided by its neighbour in time, never by an average of another minute.</summary>
internal sealed class Comparison(IReadOnlyList<Sample> samples)
{
    public IEnumerable<string> Peers(string scenario, string phase) =>
        PeerCatalog.All.Select(static peer => peer.Name).Where(peer => Of(scenario, phase, peer).Any());

    public IEnumerable<string> Phases(string scenario) => samples.Where(s => s.Scenario == scenario).Select(static s => s.Phase).Distinct();

    public int Runs(string scenario, string phase, string peer) => Of(scenario, phase, peer).Count();

    public double Value(string scenario, string phase, string peer, string metric) =>
        Median(Of(scenario, phase, peer).Select(sample => sample[metric]));

    /// <summary>The worst of all rounds, for what must not happen once.</summary>
    public double Worst(string scenario, string phase, string peer, string metric) =>
        Of(scenario, phase, peer).Select(sample => sample[metric]).DefaultIfEmpty(double.NaN).Max();

    /// <summary>The median of <paramref name="peer"/> ÷ <paramref name="reference"/>: of the same round, and where the reference ran twice, its mean of the runs next to it.</summary>
    public double Ratio(string scenario, string phase, string peer, string reference, string metric)
    {
        List<double> ratios = [];
        foreach (var sample in Of(scenario, phase, peer))
        {
            var beside = Of(scenario, phase, reference).Where(other => other.Round == sample.Round).ToList();
            var before = beside.LastOrDefault(other => other.Order < sample.Order);
            var after = beside.FirstOrDefault(other => other.Order > sample.Order);
            var values = new[] { before, after }.OfType<Sample>().Select(other => other[metric]).Where(static value => !double.IsNaN(value)).ToList();
            if (values.Count > 0 && values.Average() is var mean and not 0 && !double.IsNaN(sample[metric]))
            {
                ratios.Add(sample[metric] / mean);
            }
        }

        return Median(ratios);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Where(static value => !double.IsNaN(value)).Order().ToList();
        return sorted.Count == 0 ? double.NaN
            : sorted.Count % 2 == 1 ? sorted[sorted.Count / 2]
            : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    private IEnumerable<Sample> Of(string scenario, string phase, string peer) =>
        samples.Where(s => s.Scenario == scenario && s.Phase == phase && s.Peer == peer);
}
