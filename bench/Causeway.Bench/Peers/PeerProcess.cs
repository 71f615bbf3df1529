using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Causeway.Bench.Native;

namespace Causeway.Bench.Peers;

/// <summary>A started peer, alone on its core. Disposing ends it, by its own process id.</summary>
internal sealed class PeerProcess : IDisposable
{
    private static readonly List<PeerProcess> Running = [];

    private readonly Process _process;
    private readonly string _directory;
    private readonly Queue<string> _lastLines = new();

    private PeerProcess(Process process, int port, string directory)
    {
        _process = process;
        _directory = directory;
        Port = port;
        Probe = new ProcessProbe(process.Id);
        process.OutputDataReceived += OnLine;
        process.ErrorDataReceived += OnLine;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        lock (Running)
        {
            Running.Add(this);
        }
    }

    public int Port { get; }

    /// <summary>Where it keeps its data.</summary>
    public string Directory => _directory;

    public ProcessProbe Probe { get; }

    public static PeerProcess Start(PeerCommandFactory factory, int core, int loadCore, int backendPort = 0)
    {
        var port = FreePort();
        var directory = System.IO.Directory.CreateTempSubdirectory("causeway-bench-").FullName;
        var command = factory(port, directory, backendPort);
        var start = new ProcessStartInfo(command.File, command.Arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        var process = Machine.StartOn(core, loadCore, () => Process.Start(start)!);
        var peer = new PeerProcess(process, port, directory);
        try
        {
            peer.WaitUntilListening(TimeSpan.FromSeconds(20));
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Ends whatever is still running; for a bench that is interrupted.</summary>
    public static void EndAll()
    {
        PeerProcess[] running;
        lock (Running)
        {
            running = [.. Running];
        }

        foreach (var peer in running)
        {
            peer.Dispose();
        }
    }

    public void Dispose()
    {
        lock (Running)
        {
            if (!Running.Remove(this))
            {
                return;
            }
        }

        _process.Kill(entireProcessTree: true);
        _process.WaitForExit(TimeSpan.FromSeconds(10));
        _process.Dispose();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private void WaitUntilListening(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit)
        {
            if (_process.WaitForExit(TimeSpan.FromMilliseconds(50)))
            {
                _process.WaitForExit();
                throw new BenchException($"ended at start with exit code {_process.ExitCode}: {Lines()}");
            }

            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }

        throw new BenchException($"did not listen within {limit.TotalSeconds:0} s: {Lines()}");
    }

    private string Lines()
    {
        lock (_lastLines)
        {
            return string.Join(" | ", _lastLines);
        }
    }

    private void OnLine(object sender, DataReceivedEventArgs line)
    {
        if (string.IsNullOrWhiteSpace(line.Data))
        {
            return;
        }

        lock (_lastLines)
        {
            _lastLines.Enqueue(line.Data.Trim());
            if (_lastLines.Count > 8)
            {
                _lastLines.Dequeue();
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
