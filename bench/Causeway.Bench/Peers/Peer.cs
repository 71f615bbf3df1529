using Causeway.Bench.Protocols;

namespace Causeway.Bench.Peers;

/// <summary>One server to measure: how it is started, how it is spoken to, and how often.</summary>
/// <param name="Name">As on the command line and in the tables.</param>
/// <param name="Description">What it is, with its version where that is known only at run time left out.</param>
/// <param name="EveryRound">Runs in each round; the others give context and run in the first two at most.</param>
/// <param name="HasEventStream">Whether it serves plain Server-Sent Events.</param>
/// <param name="Protocol">How to speak to it.</param>
/// <param name="Prepare">Builds or finds the command that starts it at a port; throws <see cref="BenchException"/> where it is not available.</param>
internal sealed record Peer(
    string Name, string Description, bool EveryRound, bool HasEventStream, PeerProtocol Protocol, Func<PeerCommandFactory> Prepare)
{
    /// <summary>Whether it stands in front of the bench's own backend and is measured as a relay.</summary>
    public bool IsRelay { get; init; }

    /// <summary>How many times longer than usual it is warmed up: a runtime that compiles while it runs must be done with that before its CPU counts.</summary>
    public int WarmUpTimes { get; init; } = 1;
}

/// <summary>The command that starts a peer.</summary>
/// <param name="port">Where it listens.</param>
/// <param name="directory">Its own, for what it stores.</param>
/// <param name="backendPort">Where the bench's backend listens; 0 where no relay is measured.</param>
internal delegate PeerCommand PeerCommandFactory(int port, string directory, int backendPort);

/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record PeerCommand(string File, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
