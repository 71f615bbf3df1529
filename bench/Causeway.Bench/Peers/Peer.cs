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
    string Name, string Description, bool EveryRound, bool HasEventStream, PeerProtocol Protocol, Func<PeerCommandFactory> Prepare);

/// <summary>The command that starts a peer on a port, with a directory of its own for what it stores.</summary>
internal delegate PeerCommand PeerCommandFactory(int port, string directory);

internal sealed record PeerCommand(string File, IReadOnlyList<string> Arguments);
