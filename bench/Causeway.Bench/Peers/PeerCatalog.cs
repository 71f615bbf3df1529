using System.Diagnostics;
using System.Globalization;
using Causeway.Bench.Protocols;

namespace Causeway.Bench.Peers;

/// <summary>All servers that can be measured.</summary>
internal static class PeerCatalog
{
    public const string Floor = "floor";
    public const string Causeway = "causeway";
    public const string SignalR = "signalr";

    private const string Python = "/usr/bin/python3";

    private static string? _causeway;

    public static IReadOnlyList<Peer> All { get; } =
    [
        new(Floor, "bare epoll and send(2) on one thread, C#", true, true, new PlainProtocol(), () => Self(Floor)),
        new(Causeway, "the causeway program, Release build", true, true, new CausewayProtocol(), PrepareCauseway),
        new(SignalR, "ASP.NET Core SignalR, JSON protocol, a group", true, false, new SignalRProtocol(), () => Self(SignalR)),
        new("naive", "ASP.NET Core WebSockets, foreach await SendAsync", false, true, new PlainProtocol(), () => Self("naive")),
        new("ws", "Node.js with npm ws", false, true, new PlainProtocol(), PrepareWs),
        new("fastapi", "FastAPI on uvicorn with uvloop and websockets", false, true, new PlainProtocol(), PrepareFastApi),
        .. RelayPeers.All,
    ];

    /// <summary>The root of the checkout: where the solution file is.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>One of the servers that are part of this program.</summary>
    public static PeerCommandFactory Self(string name)
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "Causeway.Bench.dll");
        return (port, _, _) => new PeerCommand("dotnet", [assembly, "serve", name, "--port", port.ToString(CultureInfo.InvariantCulture), "--until-eof"]);
    }

    private static PeerCommandFactory PrepareCauseway()
    {
        var assembly = BuildCauseway();
        return (port, directory, _) => new PeerCommand("dotnet",
        [
            assembly,
            $"--Server:Urls=http://127.0.0.1:{port}",
            $"--Server:DataDirectory={directory}",
            "--Realtime:MessagesPerSecond=1000000",
            "--Realtime:MaxConnectionsPerAddress=100000",
            "--Realtime:Namespaces:bench:Presence=false",
            "--Realtime:Namespaces:bench:Publish=anyone",
        ]);
    }

    /// <summary>Builds the program as it is released.</summary>
    public static string BuildCauseway()
    {
        if (_causeway is null)
        {
            var project = Path.Combine(RepositoryRoot, "src", "Causeway.Server");
            Run("dotnet", ["build", project, "-c", "Release", "-v", "q", "-nologo"], RepositoryRoot, TimeSpan.FromMinutes(5));
            _causeway = Path.Combine(RepositoryRoot, "artifacts", "bin", "Causeway.Server", "release", "causeway.dll");
        }

        return _causeway;
    }

    private static PeerCommandFactory PrepareFastApi()
    {
        const string Hint = "apt-get install python3-fastapi python3-uvicorn python3-uvloop python3-websockets";
        if (!File.Exists(Python))
        {
            throw new BenchException("needs Debian's Python: " + Hint);
        }

        Run(Python, ["-c", "import fastapi, uvicorn, uvloop, websockets"], RepositoryRoot, TimeSpan.FromSeconds(30), Hint);
        var script = Path.Combine(RepositoryRoot, "bench", "peers", "fastapi_peer.py");
        return (port, _, _) => new PeerCommand(Python, [script, port.ToString(CultureInfo.InvariantCulture)]);
    }

    private static PeerCommandFactory PrepareWs()
    {
        var directory = Path.Combine(Path.GetTempPath(), "causeway-bench-ws");
        if (!Directory.Exists(Path.Combine(directory, "node_modules", "ws")))
        {
            Directory.CreateDirectory(directory);
            Run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", directory, "ws@8"], directory, TimeSpan.FromMinutes(2));
        }

        var script = Path.Combine(RepositoryRoot, "bench", "peers", "ws_peer.js");
        return (port, _, _) => new PeerCommand("node", [script, port.ToString(CultureInfo.InvariantCulture), directory]);
    }

    private static void Run(string file, IReadOnlyList<string> arguments, string directory, TimeSpan limit, string? hint = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                throw new BenchException($"{file} took longer than {limit}");
            }

            if (process.ExitCode != 0)
            {
                throw new BenchException(hint ?? $"{file} {arguments[0]} failed: {Last(errors.Result + output.Result)}");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new BenchException(hint ?? $"{file} is not installed");
        }
    }

    private static string Last(string text) => text.Trim() is var trimmed && trimmed.Length > 400 ? trimmed[^400..] : trimmed;

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Causeway.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new BenchException("the checkout with Causeway.slnx was not found above " + AppContext.BaseDirectory);
    }
}
