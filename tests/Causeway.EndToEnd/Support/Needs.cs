using System.Diagnostics;
using Causeway.Testing;

namespace Causeway.EndToEnd;

/// <summary>The tools outside .NET that some tests talk through. <c>./test</c> brings them up and says where they are.</summary>
internal static class Needs
{
    private static readonly Lazy<string?> FoundChromium = new(() =>
        Named("CAUSEWAY_TEST_CHROMIUM") ?? OnPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"));

    private static readonly Lazy<string?> FoundPython = new(() =>
        new[] { Named("CAUSEWAY_TEST_PYTHON"), "/usr/bin/python3", OnPath("python3") }.FirstOrDefault(HasWebSockets));

    private static readonly Lazy<string?> FoundPeers = new(() =>
        new[] { Environment.GetEnvironmentVariable("CAUSEWAY_TEST_PEERS"), PeersOfCheckout() }
            .FirstOrDefault(static path => path is { Length: > 0 } && Directory.Exists(Path.Combine(path, "node_modules", "ws"))));

    /// <summary>Chromium's path, or the test is skipped (in CI: fails).</summary>
    public static string Chromium() => Required(FoundChromium.Value, "Chromium is not installed.");

    /// <summary>A Python that has the websockets module.</summary>
    public static string Python() => Required(FoundPython.Value, "No Python with the websockets module (Debian: python3-websockets).");

    /// <summary>Runs a program as another user; only root may.</summary>
    public static string AnotherUser()
    {
        Linux();
        var setpriv = Required(OnPath("setpriv"), "setpriv is not installed (Debian: util-linux).");
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Only root may run a program as another user.");
        }

        return setpriv;
    }

    /// <summary>nginx.</summary>
    public static string Nginx() => Required(OnPath("nginx") ?? (File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : null), "nginx is not installed.");

    /// <summary>socat, a tunnel that changes nothing of what passes.</summary>
    public static string Socat() => Required(OnPath("socat"), "socat is not installed.");

    /// <summary>A PostgreSQL that can be started.</summary>
    public static void Postgres() => Required(PostgresServer.Missing is null ? "" : null, "PostgreSQL is not installed.");

    /// <summary>A RabbitMQ that can be started.</summary>
    public static void RabbitMq() => Required(RabbitBroker.Missing is null ? "" : null, "RabbitMQ is not installed.");

    /// <summary>A file of the checkout that the tests were built in.</summary>
    public static string Checkout(params string[] path)
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Causeway.slnx")))
            {
                return Path.Combine([directory.FullName, .. path]);
            }
        }

        throw new InvalidOperationException("The tests run outside a checkout.");
    }

    /// <summary>A POSIX shell and curl.</summary>
    public static string Curl()
    {
        Required(OnPath("sh"), "There is no POSIX shell.");
        return Required(OnPath("curl"), "curl is not installed.");
    }

    /// <summary>Node.</summary>
    public static string Node() => Required(OnPath("node"), "Node is not installed.");

    /// <summary>The directory whose <c>node_modules</c> has ws and eventsource.</summary>
    public static string Peers() => Required(FoundPeers.Value, "The npm clients are not installed; ./test installs them.");

    /// <summary>Runs a program on a terminal.</summary>
    public static string Script()
    {
        Linux();
        return Required(OnPath("script"), "script is not installed (Debian: bsdutils).");
    }

    /// <summary>Signals and process states are those of Linux.</summary>
    public static void Linux()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Needs Linux.");
        }
    }

    private static string Required(string? found, string reason)
    {
        if (found is not null)
        {
            return found;
        }

        if (Environment.GetEnvironmentVariable("CI") is "true" or "1")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
        return "";
    }

    private static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path && File.Exists(path) ? path : null;

    private static string? OnPath(params string[] names) => (
        from name in names
        from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        let path = Path.Combine(directory, name)
        where File.Exists(path)
        select path).FirstOrDefault();

    private static string? PeersOfCheckout()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Causeway.slnx")))
            {
                return Path.Combine(directory.FullName, "artifacts", "peers");
            }
        }

        return null;
    }

    private static bool HasWebSockets(string? python)
    {
        if (python is null || !File.Exists(python))
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import websockets"]) { RedirectStandardError = true });
        return process is not null && process.WaitForExit(TimeSpan.FromSeconds(30)) && process.ExitCode == 0;
    }
}
