namespace Causeway.Bench.Report;

/// <summary>One phase of one scenario with one peer in one round.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Phase">Its part.</param>
/// <param name="Peer">The server.</param>
/// <param name="Round">From 1.</param>
/// <param name="Order">When in the whole run it was taken; neighbours are compared.</param>
/// <param name="Values">By the names of <see cref="Metric"/>.</param>
internal sealed record Sample(string Scenario, string Phase, string Peer, int Round, int Order, IReadOnlyDictionary<string, double> Values)
{
    public double this[string metric] => Values.TryGetValue(metric, out var value) ? value : double.NaN;
}

/// <summary>A session that gave no figures, and why.</summary>
internal sealed record Failure(string Scenario, string Peer, int Round, string Reason);
