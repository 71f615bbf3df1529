using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;

namespace Causeway.Bench.Api;

/// <summary>
/// Question: what does a JSON request cost through everything the program has in front of its data, beside the shortest program that could do the same, and beside
/// FastAPI? Each server has a core of its own and the load another; all are on SQLite with write-ahead log and synchronous=FULL.
/// </summary>
internal static partial class ApiBench
{
    private const int ServerCore = 0;
    private const int LoadCore = 1;
    private const int Connections = 32;

    private const int WarmSeconds = 6;

    // What was under way when a load ended may be there or not; it is not asked for.
    private const int Margin = 200;
    private const string Causeway = "causeway";
    private const string Minimal = "minimal";
    private const string FastApi = "fastapi";

    // A runtime that is driven flat out on one core from its first request on finds no moment to promote what is hot: what is measured is a server that has run for a while.
    private static readonly Dictionary<string, string> Promoted = new() { ["DOTNET_TC_CallCountingDelayMs"] = "0" };

    private static readonly string[] Operations = ["create", "read", "update", "list", "list deep"];

    public static int Run(ReadOnlySpan<string> arguments)
    {
        var (seconds, rounds) = arguments switch
        {
            [] => (8, 3),
            ["--quick"] => (3, 1),
            _ => throw new BenchException("api takes --quick or nothing"),
        };
        if (Machine.Cores < 2)
        {
            throw new BenchException("needs two cores: one for the server, one for the load");
        }

        var script = Path.Combine(PeerCatalog.RepositoryRoot, "bench", "peers", "wrk", "rooms.lua");
        var results = new Dictionary<(string Peer, string Operation), List<(double PerSecond, double Microseconds)>>();
        var peers = new (string Name, PeerCommandFactory Command)[] { (Causeway, PrepareCauseway()), (Minimal, PrepareMinimal()), (FastApi, PrepareFastApi()) };
        Machine.PinProcess(LoadCore);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, command) in peers)
            {
                using var peer = PeerProcess.Start(command, ServerCore, LoadCore);
                var token = name == Causeway ? File.ReadAllText(Path.Combine(peer.Directory, "admin-token")).Trim() : "none";
                foreach (var (operation, figures) in Measure(peer, script, token, seconds))
                {
                    if (!results.TryGetValue((name, operation), out var all))
                    {
                        results[(name, operation)] = all = [];
                    }

                    all.Add(figures);
                }
            }
        }

        Print(results);
        return 0;
    }

    private static List<(string Operation, (double, double) Figures)> Measure(PeerProcess peer, string script, string token, int seconds)
    {
        var measured = new List<(string, (double, double))>();
        var (first, count) = (0, 1);
        foreach (var operation in Operations)
        {
            var cursor = operation == "list deep" ? CursorInTheMiddle(peer.Port, token, count) : "none";
            var (warmed, _) = Load(peer.Port, script, operation, first, count, token, cursor, WarmSeconds);
            if (operation == "create")
            {
                first = warmed + Margin;
            }

            var cpu = peer.Probe.CpuSeconds;
            var (requests, perSecond) = Load(peer.Port, script, operation, first, count, token, cursor, seconds);
            measured.Add((operation, (perSecond, (peer.Probe.CpuSeconds - cpu) * 1e6 / requests)));
            if (operation == "create")
            {
                count = requests - Margin;
            }
        }

        return measured;
    }

    private static (int Requests, double PerSecond) Load(
        int port, string script, string operation, int first, int count, string token, string cursor, int seconds)
    {
        var start = new ProcessStartInfo("wrk",
        [
            "-t1", $"-c{Connections}", $"-d{seconds}s", "-s", script, $"http://127.0.0.1:{port}", "--", operation, Text(first), Text(count), token, cursor,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            return RequestsLine().Match(output) is { Success: true } requests && PerSecondLine().Match(output) is { Success: true } perSecond && !output.Contains("Non-2xx", StringComparison.Ordinal)
                ? (int.Parse(requests.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(perSecond.Groups[1].Value, CultureInfo.InvariantCulture))
                : throw new BenchException($"wrk, {operation}: {output}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new BenchException("needs wrk: apt-get install wrk");
        }
    }

    private static string CursorInTheMiddle(int port, string token, int rooms)
    {
        var cursor = "";
        for (var page = 0; page < Math.Min(50, rooms / 200); page++)
        {
            var answer = Get(port, token, "/api/v1/rooms?limit=100" + (cursor.Length == 0 ? "" : "&cursor=" + Uri.EscapeDataString(cursor)))
                ?? throw new BenchException("the list can't be read");
            using var json = JsonDocument.Parse(answer);
            cursor = json.RootElement.GetProperty("next_cursor").GetString() ?? throw new BenchException("the list ends early");
        }

        return Uri.EscapeDataString(cursor);
    }

    private static string? Get(int port, string token, string path)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        using var response = client.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        return response.IsSuccessStatusCode ? reader.ReadToEnd() : null;
    }

    private static void Print(Dictionary<(string Peer, string Operation), List<(double PerSecond, double Microseconds)>> results)
    {
        Console.WriteLine($"{"",-10} {"requests/s (median)",-34} {"CPU per request, µs",-34} causeway");
        Console.WriteLine($"{"",-10} {Causeway,10} {Minimal,10} {FastApi,10}   {Causeway,10} {Minimal,10} {FastApi,10}   CPU of minimal   requests/s of fastapi");
        foreach (var operation in Operations)
        {
            var (ours, bare, fast) = (Median(Causeway), Median(Minimal), Median(FastApi));
            Console.WriteLine(
                $"{operation,-10} {ours.PerSecond,10:0} {bare.PerSecond,10:0} {fast.PerSecond,10:0}   {ours.Microseconds,10:0.0} {bare.Microseconds,10:0.0} {fast.Microseconds,10:0.0}"
                + $"   {ours.Microseconds / bare.Microseconds,10:0.00} x   {ours.PerSecond / fast.PerSecond,15:0.0} x");

            (double PerSecond, double Microseconds) Median(string peer)
            {
                var all = results[(peer, operation)];
                return (Middle(all.Select(static one => one.PerSecond)), Middle(all.Select(static one => one.Microseconds)));
            }
        }
    }

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static PeerCommandFactory PrepareCauseway()
    {
        var assembly = PeerCatalog.BuildCauseway();
        return (port, directory, _) => new PeerCommand("dotnet",
        [
            assembly, $"--Server:Urls=http://127.0.0.1:{port}", $"--Server:DataDirectory={directory}", "--Auth:Mode=required",
            "--RateLimits:Default:Permits=1000000", "--RateLimits:Default:Seconds=1", "--RateLimits:Auth:Permits=1000000",
        ])
        { Environment = Promoted };
    }

    private static PeerCommandFactory PrepareMinimal()
    {
        var self = PeerCatalog.Self("rooms");
        return (port, directory, backendPort) => self(port, directory, backendPort) with { Environment = Promoted };
    }

    private static PeerCommandFactory PrepareFastApi()
    {
        var script = Path.Combine(PeerCatalog.RepositoryRoot, "bench", "peers", "fastapi_rooms.py");
        return (port, _, _) => new PeerCommand("/usr/bin/python3", [script, Text(port)]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("([0-9]+) requests in ")]
    private static partial Regex RequestsLine();

    [GeneratedRegex("Requests/sec: +([0-9.]+)")]
    private static partial Regex PerSecondLine();
}
