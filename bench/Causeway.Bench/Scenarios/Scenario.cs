using Causeway.Bench.Peers;

namespace Causeway.Bench.Scenarios;

/// <summary>A thing to measure. One session gives one or more phases, each a row of figures by name.</summary>
internal abstract class Scenario(string name, string description, int maxRounds)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    /// <summary>Rounds at most, for scenarios that take long and carry no target.</summary>
    public int MaxRounds { get; } = maxRounds;

    /// <summary>Part of a quick pass.</summary>
    public bool IsQuick { get; init; } = true;

    /// <summary>Runs the floor a second time at the end of a round, because speed is compared and the machine's drifts.</summary>
    public virtual bool ComparesSpeed => true;

    /// <summary>Measures relays, and no servers.</summary>
    public bool IsForRelays { get; init; }

    /// <summary>The peers that the others are divided by, first the one that stands first in brackets.</summary>
    public (string First, string Second) References => IsForRelays ? (RelayPeers.Caddy, RelayPeers.Nginx) : (PeerCatalog.Floor, PeerCatalog.SignalR);

    public virtual bool Suits(Peer peer) => peer.IsRelay == IsForRelays;

    public abstract IEnumerable<PhaseResult> Run(Session session);
}

/// <param name="Phase">A part of the scenario, such as one rate.</param>
/// <param name="Values">By the names of <see cref="Report.Metric"/>.</param>
internal sealed record PhaseResult(string Phase, IReadOnlyDictionary<string, double> Values);
