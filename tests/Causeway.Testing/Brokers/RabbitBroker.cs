using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Causeway.Testing;

/// <summary>
/// A RabbitMQ broker of the tests' own: its files in a temporary directory, on ports and with a port mapper (epmd) of its own, so that it neither meets nor disturbs another broker of this machine; gone with the process
/// that started it, even when that is killed.
/// </summary>
/// <remarks>Where <c>CAUSEWAY_TEST_RABBITMQ</c> is set, it is the address of a broker that is there already; tests that stop theirs start one all the same.</remarks>
public sealed class RabbitBroker : IAsyncDisposable
{
    private const string GivenBroker = "CAUSEWAY_TEST_RABBITMQ";

    // Whatever happens to the test process, its end of the pipe is closed, and then the broker and its port mapper end too.
    private const string Script =
        """
        exec >/dev/null 2>&1
        set -m
        epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 </dev/null &
        mapper=$!
        "$1/rabbitmq-server" >"$2/server.log" 2>&1 </dev/null &
        broker=$!
        trap '' TERM INT HUP
        while read -r order; do
          case $order in
            freeze) kill -STOP $broker ;;
            thaw) kill -CONT $broker ;;
            stop) kill -TERM $broker; break ;;
            *) kill -KILL $broker; break ;;
          esac
        done
        [ "$order" ] || kill -KILL $broker
        wait $broker
        kill $mapper
        wait $mapper
        [ "$order" ] || rm -rf "$2"
        """;

    /// <summary>A broker takes 5 s of a core to start, and its command 1 s; there may be others that want the core.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private static readonly Lazy<Task<RabbitBroker>> Shared = new(StartAsync);
    private static readonly Lazy<string?> Binaries = new(FindBinaries);

    private readonly string _directory = "";
    private readonly int _nodePort;
    private readonly int _securePort;
    private readonly int _mapperPort;
    private readonly int _distributionPort;
    private Process? _process;

    private RabbitBroker(string url) => Url = url;

    private RabbitBroker(string directory, int port, int securePort, int mapperPort, int distributionPort)
    {
        (_directory, _nodePort, _securePort, _mapperPort, _distributionPort) = (directory, port, securePort, mapperPort, distributionPort);
        Url = string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@127.0.0.1:{port}");
    }

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Missing =>
        Environment.GetEnvironmentVariable(GivenBroker) is not null || Binaries.Value is not null ? null : "RabbitMQ is not installed.";

    /// <summary>Where it is reached.</summary>
    public string Url { get; }

    /// <summary>Where it is reached over TLS, with a certificate for <c>localhost</c> and 127.0.0.1; only of one that the tests have started.</summary>
    public string SecureUrl => string.Create(CultureInfo.InvariantCulture, $"amqps://guest:guest@127.0.0.1:{_securePort}");

    /// <summary>The authority that its certificate is from, as PEM: a file that a program may be told to trust.</summary>
    public string AuthorityFile => Path.Combine(_directory, "authority.pem");

    /// <summary>Its port on the loopback address.</summary>
    public int Port => new Uri(Url).Port;

    /// <summary>Its address over a line to it.</summary>
    public string Over(TcpProxy line) => new UriBuilder(Url) { Port = line.Port }.Uri.ToString();

    /// <summary>The one of this process, started when it is asked for first. Take an exchange of your own.</summary>
    /// <param name="isOurs">Never one that was there already, of which no more is known than its address.</param>
    public static async Task<RabbitBroker> SharedAsync(bool isOurs = false) => !isOurs && Environment.GetEnvironmentVariable(GivenBroker) is { } given
        ? new RabbitBroker(given)
        : await Shared.Value.ConfigureAwait(false);

    /// <summary>One that a test may stop.</summary>
    public static async Task<RabbitBroker> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("causeway-mq-").FullName;
        var broker = new RabbitBroker(directory, FreePort.Next(), FreePort.Next(), FreePort.Next(), FreePort.Next());
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "plugins"), "[].").ConfigureAwait(false);
            await broker.ConfigureAsync().ConfigureAwait(false);
            await broker.StartAgainAsync().ConfigureAwait(false);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>From here on it takes nothing from those who send, until this is disposed: it has more in memory than it may.</summary>
    public async Task<IAsyncDisposable> RunOutOfMemoryAsync()
    {
        await ControlAsync("set_vm_memory_high_watermark", "absolute", "1").ConfigureAwait(false);
        return new Shortage(this);
    }

    /// <summary>Has the running broker do something, as its operator would with <c>rabbitmqctl</c>; a refusal fails the test.</summary>
    public async Task ControlAsync(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Binaries.Value!, "rabbitmqctl"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _directory };
        foreach (var (name, value) in Surroundings())
        {
            start.Environment[name] = value;
        }

        using var control = Process.Start(start)!;
        var said = await Task.WhenAll(control.StandardOutput.ReadToEndAsync(), control.StandardError.ReadToEndAsync()).WaitAsync(StartLimit).ConfigureAwait(false);
        await control.WaitForExitAsync().WaitAsync(StartLimit).ConfigureAwait(false);
        if (control.ExitCode != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl ended with {control.ExitCode}: {string.Concat(said)}");
        }
    }

    /// <summary>Stops it in an orderly way; what is in its directory stays.</summary>
    public Task StopAsync() => EndAsync("stop");

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => EndAsync("kill");

    /// <summary>Stops its process where it is, with all connections open.</summary>
    public Task FreezeAsync() => OrderAsync("freeze");

    /// <summary>Lets it go on.</summary>
    public Task ThawAsync() => OrderAsync("thaw");

    /// <summary>Starts it once more, at the same place.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardInput = true, WorkingDirectory = _directory };
        foreach (var argument in (string[])["-c", Script, "broker", Binaries.Value!, _directory])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in Surroundings())
        {
            start.Environment[name] = value;
        }

        File.Delete(Path.Combine(_directory, "server.log"));
        _process = Process.Start(start)!;
        await Eventually.True(IsUpAsync, StartLimit, what: "RabbitMQ takes connections").ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Limits.Test).ConfigureAwait(false);
            process.Dispose();
        }
        else if (_directory.Length > 0 && Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    // The command that packages put on the path insists on the packages' own user; the one beside the code does not.
    private static string? FindBinaries()
    {
        const string home = "/usr/lib/rabbitmq/lib";
        if (!OperatingSystem.IsLinux() || !Directory.Exists(home) || !File.Exists("/usr/bin/epmd"))
        {
            return null;
        }

        return Directory.GetDirectories(home, "rabbitmq_server-*").Order(StringComparer.Ordinal).Reverse()
            .Select(static directory => Path.Combine(directory, "sbin"))
            .FirstOrDefault(static directory => File.Exists(Path.Combine(directory, "rabbitmq-server")));
    }

    private async Task ConfigureAsync()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        var certificate = authority.Issue(TimeSpan.FromDays(1));
        var root = authority.Root.ExportCertificatePem() + "\n";
        await File.WriteAllTextAsync(AuthorityFile, root).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(_directory, "chain.pem"), certificate.Certificates + root).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(_directory, "key.pem"), certificate.Key).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(_directory, "rabbitmq.conf"), string.Create(CultureInfo.InvariantCulture,
            $"""
            listeners.tcp.1 = 127.0.0.1:{_nodePort}
            listeners.ssl.1 = 127.0.0.1:{_securePort}
            ssl_options.cacertfile = {_directory}/chain.pem
            ssl_options.certfile = {_directory}/chain.pem
            ssl_options.keyfile = {_directory}/key.pem
            ssl_options.verify = verify_none

            """)).ConfigureAwait(false);
    }

    private Dictionary<string, string> Surroundings() => new()
    {
        ["HOME"] = _directory,
        ["ERL_EPMD_PORT"] = _mapperPort.ToString(CultureInfo.InvariantCulture),
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["RABBITMQ_NODENAME"] = string.Create(CultureInfo.InvariantCulture, $"test{_nodePort}@localhost"),
        ["RABBITMQ_NODE_PORT"] = _nodePort.ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_DIST_PORT"] = _distributionPort.ToString(CultureInfo.InvariantCulture),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_directory, "mnesia"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(_directory, "log"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(_directory, "pid"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_directory, "plugins"),
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_directory, "rabbitmq.conf"),
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_directory, "env.conf"),
        ["RABBITMQ_LOGS"] = "-",

        // The command becomes the broker, instead of waiting for it.
        ["RUNNING_UNDER_SYSTEMD"] = "true",

        // One scheduler is enough, and does not spin while it waits.
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 1:1 +A 4 +sbwt none",
    };

    private async Task<bool> IsUpAsync()
    {
        if (_process is { HasExited: true } || _process is null)
        {
            throw new InvalidOperationException($"RabbitMQ ended: {await File.ReadAllTextAsync(Path.Combine(_directory, "server.log")).ConfigureAwait(false)}");
        }

        // It listens a moment before it lets anybody in.
        var log = Path.Combine(_directory, "server.log");
        if (!File.Exists(log) || !(await File.ReadAllTextAsync(log).ConfigureAwait(false)).Contains("Server startup complete", StringComparison.Ordinal))
        {
            return false;
        }

        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _nodePort).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Task OrderAsync(string order) => _process!.StandardInput.WriteLineAsync(order);

    private async Task EndAsync(string order)
    {
        if (_process is { } process)
        {
            _process = null;
            await process.StandardInput.WriteLineAsync(order).ConfigureAwait(false);
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Limits.Test).ConfigureAwait(false);
            process.Dispose();
        }
    }

    private sealed class Shortage(RabbitBroker broker) : IAsyncDisposable
    {
        // The part of the machine's memory that is the default.
        public ValueTask DisposeAsync() => new(broker.ControlAsync("set_vm_memory_high_watermark", "0.4"));
    }
}
