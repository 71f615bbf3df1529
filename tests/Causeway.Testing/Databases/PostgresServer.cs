using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Causeway.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own: in a temporary directory, on a Unix socket, gone with the process that started it, even when that is
/// killed. Its default order of text is a language's, so that a statement that relies on the order of bytes without saying so is found out.
/// </summary>
/// <remarks>Where <c>CAUSEWAY_TEST_POSTGRES</c> is set, it is a connection string of a server that is there already, whose user may make databases.</remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string GivenServer = "CAUSEWAY_TEST_POSTGRES";

    // Whatever happens to the test process, its end of the pipe is closed, and then the server ends too.
    private const string Script =
        """
        exec >/dev/null 2>&1
        set -m
        "$1/postgres" -D "$2" -k "$2" -h '' -c fsync=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB -c log_min_messages=fatal >"$2/server.log" 2>&1 </dev/null &
        server=$!
        trap '' TERM INT HUP
        read -r order
        case $order in
          stop) kill -INT $server; wait $server ;;
          kill) kill -QUIT $server; wait $server ;;
          *) kill -QUIT $server; wait $server; rm -rf "$2" ;;
        esac
        """;

    private static readonly Lazy<Task<PostgresServer>> Shared = new(StartAsync);
    private static readonly Lazy<string?> Binaries = new(FindBinaries);
    private static int _databases;

    private readonly string? _directory;
    private readonly string _connectionString;
    private Process? _process;

    private PostgresServer(string? directory, string connectionString)
    {
        _directory = directory;
        _connectionString = connectionString;
    }

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Missing =>
        Environment.GetEnvironmentVariable(GivenServer) is not null || Binaries.Value is not null ? null : "PostgreSQL is not installed.";

    /// <summary>Where it listens: for a line that a test can cut.</summary>
    public EndPoint EndPoint
    {
        get
        {
            var given = new NpgsqlConnectionStringBuilder(_connectionString);
            return given.Host!.StartsWith('/') ? new UnixDomainSocketEndPoint(Path.Combine(given.Host, $".s.PGSQL.{given.Port}")) : new DnsEndPoint(given.Host, given.Port);
        }
    }

    /// <summary>A connection string over a line to the server.</summary>
    public static string Over(TcpProxy line, string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = line.Port }.ConnectionString;

    /// <summary>The one of this process, started when it is asked for first.</summary>
    public static async Task<PostgresServer> SharedAsync() => Environment.GetEnvironmentVariable(GivenServer) is { } given
        ? new PostgresServer(null, given)
        : await Shared.Value.ConfigureAwait(false);

    /// <summary>One that a test may stop.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("causeway-pg-").FullName;
        var server = new PostgresServer(directory, $"Host={directory};Username=postgres;Database=postgres;Pooling=false;Timeout=5");
        try
        {
            if (IsRoot)
            {
                await RunAsync("chown", ["postgres", directory]).ConfigureAwait(false);
            }

            await RunAsync(Command(Path.Combine(Binaries.Value!, "initdb"), out var first),
                [.. first, "-D", directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"]).ConfigureAwait(false);
            await server.StartAgainAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Environment.ProcessId}_{Interlocked.Increment(ref _databases)}");
        var connection = new NpgsqlConnection(_connectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            await ExecuteAsync(connection, $"DROP DATABASE IF EXISTS {name}").ConfigureAwait(false);
            await ExecuteAsync(connection, $"CREATE DATABASE {name}").ConfigureAwait(false);
        }

        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name, Pooling = true, MaxPoolSize = 20 }.ConnectionString;
    }

    /// <summary>Has a database take no writes by connections that are made from now on, as those to a standby, or take them again. With the first, connections that are there are cut.</summary>
    public async Task TakeNoWritesAsync(string database, bool takesNone)
    {
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        var connection = new NpgsqlConnection(_connectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            await ExecuteAsync(connection, $"ALTER DATABASE {name} SET default_transaction_read_only = {(takesNone ? "on" : "off")}").ConfigureAwait(false);
            if (takesNone)
            {
                await ExecuteAsync(connection, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'").ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stops it, cutting all connections; what is in its directory stays.</summary>
    public Task StopAsync() => EndAsync("stop");

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => EndAsync("kill");

    /// <summary>Starts it once more, at the same place.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo(Command("/bin/bash", out var first))
        {
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in (string[])[.. first, "-c", Script, "postgres", Binaries.Value!, _directory!])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        await Eventually.True(IsUpAsync, what: "PostgreSQL takes connections").ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync("kill").ConfigureAwait(false);
        if (_directory is not null)
        {
            try
            {
                Directory.Delete(_directory, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The system's own clean-up takes it.
            }
        }
    }

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    private static string? FindBinaries()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Reverse() : [];
        return versions.Select(static version => Path.Combine(version, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(static directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")));
    }

    /// <summary>The server refuses to be root.</summary>
    private static string Command(string program, out string[] first)
    {
        first = IsRoot ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", program] : [];
        return IsRoot ? "setpriv" : program;
    }

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await output.ConfigureAwait(false)}{await error.ConfigureAwait(false)}");
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> IsUpAsync()
    {
        if (_process is { HasExited: true })
        {
            throw new InvalidOperationException($"PostgreSQL ended: {await File.ReadAllTextAsync(Path.Combine(_directory!, "server.log")).ConfigureAwait(false)}");
        }

        var connection = new NpgsqlConnection(_connectionString);
        await using (connection.ConfigureAwait(false))
        {
            try
            {
                await connection.OpenAsync().ConfigureAwait(false);
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }
    }

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
}
