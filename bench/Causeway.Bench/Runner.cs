using System.Text.Json;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;
using Causeway.Bench.Report;
using Causeway.Bench.Scenarios;

namespace Causeway.Bench;

/// <summary>Goes through rounds, scenarios and peers, one server alive at a time, and keeps what was measured.</summary>
internal sealed class Runner(Options options, string command)
{
    private const int ServerCore = 0;
    private const int LoadCore = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly List<Sample> _samples = [];
    private readonly List<Failure> _failures = [];
    private readonly Dictionary<string, PeerCommandFactory> _commands = [];
    private int _order;

    public int Run()
    {
        if (!OperatingSystem.IsLinux() || Machine.Cores < 2)
        {
            throw new BenchException("this needs Linux and two cores: one for the server, one for the load");
        }

        if (Machine.RaiseFileLimit(30_000) is var files and < 12_000)
        {
            Console.Error.WriteLine($"Only {files} open files are allowed; the scenarios with many connections will fail (ulimit -n).");
        }

        Prepare();
        Machine.PinProcess(LoadCore);
        foreach (var scenario in options.Scenarios)
        {
            for (var round = 1; round <= Math.Min(options.Runs, scenario.MaxRounds); round++)
            {
                foreach (var peer in PeersOf(scenario, round))
                {
                    Take(scenario, peer, round);
                }
            }
        }

        Write();
        return _samples.Count > 0 ? 0 : 1;
    }

    private void Prepare()
    {
        foreach (var peer in options.Peers.Where(peer => options.Scenarios.Any(scenario => scenario.Suits(peer))))
        {
            try
            {
                _commands[peer.Name] = peer.Prepare();
            }
            catch (BenchException unavailable)
            {
                Console.Error.WriteLine($"{peer.Name} is not available: {unavailable.Message}");
                _failures.Add(new Failure("all", peer.Name, 0, unavailable.Message));
            }
        }
    }

    /// <summary>The order turns by one each round; where speed is compared, the floor opens and closes the round and stands in its middle.</summary>
    private List<Peer> PeersOf(Scenario scenario, int round)
    {
        var contextRounds = scenario.ComparesSpeed ? 2 : 1;
        var peers = options.Peers.Where(peer => _commands.ContainsKey(peer.Name) && scenario.Suits(peer) && (peer.EveryRound || round <= contextRounds)).ToList();
        var floor = peers.Find(static peer => peer.Name == PeerCatalog.Floor);
        if (floor is null)
        {
            if (round % 2 == 0)
            {
                peers.Reverse();
            }

            return peers;
        }

        peers.Remove(floor);
        List<Peer> main = [.. peers.Where(static peer => peer.EveryRound)];
        List<Peer> context = [.. peers.Where(static peer => !peer.EveryRound)];
        if (round % 2 == 0)
        {
            main.Reverse();
            context.Reverse();
        }

        if (!scenario.ComparesSpeed)
        {
            return [floor, .. main, .. context];
        }

        return context.Count == 0 ? [floor, .. main, floor] : [floor, .. main, floor, .. context, floor];
    }

    private void Take(Scenario scenario, Peer peer, int round)
    {
        Console.Write($"{scenario.Name} round {round} {peer.Name,-9}");
        try
        {
            using var backend = peer.IsRelay ? PeerProcess.Start(PeerCatalog.Self(PeerCatalog.Floor), LoadCore, LoadCore) : null;
            using var session = new Session(peer, PeerProcess.Start(_commands[peer.Name], ServerCore, LoadCore, backend?.Port ?? 0), options.Quick ? Pace.Quick : Pace.Full);
            foreach (var (phase, values) in scenario.Run(session))
            {
                _samples.Add(new Sample(scenario.Name, phase, peer.Name, round, _order++, values));
                Console.Write($"  {phase}: {Glance(values)}");
            }
        }
        catch (BenchException failure)
        {
            _failures.Add(new Failure(scenario.Name, peer.Name, round, failure.Message));
            Console.Write("  failed: " + failure.Message);
        }

        Console.WriteLine();
    }

    private static string Glance(IReadOnlyDictionary<string, double> values) => string.Join(" ", Metric.All
        .Where(metric => values.ContainsKey(metric.Name) && (metric.Compared || metric.Name is Metric.LoadShare or Metric.P99Change or Metric.StuckGone || (metric.Name is Metric.Lost or Metric.StuckLeft && values[metric.Name] > 0)))
        .Select(metric => $"{metric.Text(values[metric.Name])} {metric.Header};"));

    private void Write()
    {
        var directory = Path.Combine(PeerCatalog.RepositoryRoot, "bench", "results");
        Directory.CreateDirectory(directory);
        var report = MarkdownReport.Write(_samples, _failures, command);
        File.WriteAllText(Path.Combine(directory, "latest.md"), report);
        File.WriteAllText(Path.Combine(directory, "latest.json"), JsonSerializer.Serialize(new { command, samples = _samples, failures = _failures }, Json));
        Console.WriteLine();
        Console.WriteLine(report);
    }
}
