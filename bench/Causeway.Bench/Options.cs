using System.Globalization;
using Causeway.Bench.Peers;
using Causeway.Bench.Scenarios;

namespace Causeway.Bench;

/// <summary>What the command line asked for.</summary>
internal sealed record Options(int Runs, IReadOnlyList<Scenario> Scenarios, IReadOnlyList<Peer> Peers, bool Quick)
{
    public const string Usage = """
        usage: dotnet run -c Release --project bench/Causeway.Bench -- COMMAND

          all [--runs N] [--only SCENARIO,…] [--peers PEER,…] [--quick]
                 measures, prints the tables and writes bench/results/latest.md and .json
                 --runs N    rounds, 1 to 50 (5; with --quick 1)
                 --only      scenarios to run (all)
                 --peers     servers to run (all)
                 --quick     one short round, for a look
          api [--quick]
                 JSON requests beside a bare minimal API and FastAPI, all on SQLite: requests/s and CPU per request
          logins
                 how much of a log-in's CPU is the password's hash
          pages [--postgres CONNECTION]
                 what a page of a list costs at row 100 and at the end of a million
          jobs [--postgres CONNECTION]
                 durable jobs/s beside a bare loop that claims and acknowledges rows of the same database
          durable [--postgres CONNECTION]
                 durable publishes/s beside a bare loop that commits batches of 100 rows, and the ratio
          nodes --postgres CONNECTION [--rabbitmq URL]
                 CPU per delivery with 1, 2 and 3 nodes over each backplane, and how soon the clients of a killed node have everything
          list   names the scenarios and the peers
          serve floor|signalr|naive|rooms --port N
                 runs one of the peers that are part of this program
        """;

    public static Options Parse(ReadOnlySpan<string> arguments)
    {
        int? runs = null;
        var scenarios = ScenarioCatalog.All;
        var peers = PeerCatalog.All;
        var quick = false;
        var chosen = false;
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--runs" when i + 1 < arguments.Length
                    && int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 50:
                    runs = count;
                    i++;
                    break;
                case "--only" when i + 1 < arguments.Length:
                    scenarios = Pick(arguments[++i], ScenarioCatalog.All, static scenario => scenario.Name);
                    chosen = true;
                    break;
                case "--peers" when i + 1 < arguments.Length:
                    peers = Pick(arguments[++i], PeerCatalog.All, static peer => peer.Name);
                    break;
                case "--runs":
                    throw new BenchException("--runs takes a number from 1 to 50");
                default:
                    throw new BenchException($"cannot read '{arguments[i]}'");
            }
        }

        if (quick && !chosen)
        {
            scenarios = [.. scenarios.Where(static scenario => scenario.IsQuick)];
        }

        return new Options(runs ?? (quick ? 1 : 5), scenarios, peers, quick);
    }

    private static List<T> Pick<T>(string names, IReadOnlyList<T> all, Func<T, string> name) =>
        [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(wanted =>
            all.FirstOrDefault(item => name(item) == wanted) ?? throw new BenchException($"there is no '{wanted}'; there are {string.Join(", ", all.Select(name))}"))];
}
