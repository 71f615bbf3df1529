using System.Globalization;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A process that has nothing to do with Causeway and must never be harmed by it.</summary>
internal static class Stranger
{
    private const string Listen =
        "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); print('there', flush=True); sys.stdin.read()";

    private const string Connect =
        "import socket, sys; s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); s.connect(('127.0.0.1', int(sys.argv[2]))); print('there', flush=True); sys.stdin.read()";

    private const string Lock =
        "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('there', flush=True); sys.stdin.read()";

    private const string Inherit =
        "import os, socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); pid = os.fork(); pid and print('there', pid, flush=True); sys.stdin.read()";

    /// <summary>Listens on a port of 127.0.0.1, and so does a child that inherited the socket.</summary>
    public static Task<ChildProcess> ListeningWithAChildAsync(int port) => StartAsync([Needs.Python(), "-c", Inherit, Text(port)]);

    /// <summary>Listens on a port of 127.0.0.1.</summary>
    /// <param name="port">The port.</param>
    /// <param name="prefix">A program that runs it, such as one that changes the user.</param>
    public static Task<ChildProcess> ListeningAsync(int port, params string[] prefix) => StartAsync([.. prefix, Needs.Python(), "-c", Listen, Text(port)]);

    /// <summary>Has a connection to <paramref name="target"/> whose own port is <paramref name="port"/>, as any client may.</summary>
    public static Task<ChildProcess> ConnectedAsync(int port, int target) => StartAsync([Needs.Python(), "-c", Connect, Text(port), Text(target)]);

    /// <summary>Has a file locked.</summary>
    public static Task<ChildProcess> LockingAsync(string path) => StartAsync([Needs.Python(), "-c", Lock, path]);

    /// <summary>Fails unless it lives.</summary>
    public static void AssertUnharmed(this ChildProcess process) => Assert.False(process.Process.HasExited, "The stranger was ended.");

    private static async Task<ChildProcess> StartAsync(string[] command)
    {
        var process = ChildProcess.Start(command[0], command[1..]);
        try
        {
            await process.TellsAsync("there");
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
