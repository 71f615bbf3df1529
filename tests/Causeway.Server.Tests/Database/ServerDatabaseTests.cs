using System.Text.Json;
using Causeway.Data;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests;

/// <summary>F8, A7, G3: the database as a part of the service, and <c>causeway migrate</c>.</summary>
public sealed class ServerDatabaseTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Start_NothingConfigured_KeepsItsDataInTheDataDirectory()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.True(File.Exists(Path.Combine(server.Directory, "data", "causeway.db")));
        await Eventually.Equal("available", () => DatabaseState(server));
        var metrics = (await server.GetAsync("/metrics")).Text;
        foreach (var name in (string[])["causeway_db_commits_total", "causeway_db_writes_total", "causeway_db_write_duration_seconds_count", "causeway_db_read_duration_seconds_count", "causeway_db_wal_bytes"])
        {
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_PostgresOutOfReach_StartsDegradedAndRecovers()
    {
        NeedPostgres();
        await using var postgres = await PostgresServer.StartAsync();
        var connection = await postgres.CreateDatabaseAsync();
        await postgres.StopAsync();

        await using var server = await RunningServer.StartAsync(Configured(connection));
        await Eventually.Equal("unavailable", () => DatabaseState(server));
        Assert.Equal(200, (await server.GetAsync("/health")).Status);
        Assert.Equal(200, (await server.GetAsync("/ready")).Status);
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"lobby"}""", null, ("Idempotency-Key", "one"))).AssertError(503, "UNAVAILABLE");

        await postgres.StartAgainAsync();
        await Eventually.Equal("available", () => DatabaseState(server));
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"lobby"}""", null, ("Idempotency-Key", "one"))).AssertStatus(201);

        await postgres.StopAsync();
        await Eventually.True(() => DatabaseState(server) != "available");
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"other"}""", null, ("Idempotency-Key", "two"))).AssertError(503, "UNAVAILABLE");
        await postgres.StartAgainAsync();
        await Eventually.Equal("available", () => DatabaseState(server));
    }

    /// <summary>Jobs go by the nodes' clocks.</summary>
    [Theory]
    [InlineData(90, "this node's clock is 90 s ahead of the database's")]
    [InlineData(-90, "this node's clock is 90 s behind the database's")]
    [InlineData(0, null)]
    public async Task Probe_ClockThatDiffersFromTheDatabases_IsSaid(int seconds, string? said)
    {
        NeedPostgres();
        await using var server = await RunningServer.StartAsync(Configured(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync()));
        var schema = ActivatorUtilities.CreateInstance<DatabaseSchema>(server.App.Services, new OtherClock(TimeSpan.FromSeconds(seconds)));

        await Eventually.Equal((said is null ? ReadinessStatus.Ready : ReadinessStatus.Degraded, said), async () =>
        {
            var (status, detail) = await schema.ProbeAsync(TestContext.Current.CancellationToken);
            return (status, detail?.Split(';')[0]);
        });
    }

    [Fact]
    public async Task Request_PostgresTakesNoWrites_IsUnavailableAndRecovers()
    {
        NeedPostgres();
        var postgres = await PostgresServer.SharedAsync();
        var connection = await postgres.CreateDatabaseAsync();
        await using var server = await RunningServer.StartAsync(Configured(connection));
        await Eventually.Equal("available", () => DatabaseState(server));

        await postgres.TakeNoWritesAsync(connection, true);
        await Eventually.True(async () => (await server.GetAsync("/ready")).Text.Contains("takes no writes", StringComparison.Ordinal));
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"lobby"}""", null, ("Idempotency-Key", "one"))).AssertError(503, "UNAVAILABLE");
        (await server.PostAsync("/api/v1/exports", """{"list":"users","format":"csv"}""")).AssertError(503, "UNAVAILABLE");

        await postgres.TakeNoWritesAsync(connection, false);
        await Eventually.Equal("available", () => DatabaseState(server));
        await Eventually.Equal(201, async () => (await server.PostAsync("/api/v1/rooms", """{"room_id":"lobby"}""", null, ("Idempotency-Key", "one"))).Status);
    }

    /// <summary>A database that comes back later than the service may have no tables: with migrations off it stays so, for as long as the test wants.</summary>
    [Fact]
    public async Task Request_PostgresIsBackWithoutItsTables_IsUnavailableAndNoFailure()
    {
        NeedPostgres();
        await using var postgres = await PostgresServer.StartAsync();
        var connection = await postgres.CreateDatabaseAsync();
        await postgres.StopAsync();
        await using var server = await RunningServer.StartAsync(Configured(connection), "--Database:Migrate=false");
        await postgres.StartAgainAsync();
        await server.Logs.WaitFor("SchemaRefused");

        var answer = await server.GetAsync("/api/v1/users");

        answer.AssertError(503, "UNAVAILABLE");
        Assert.Equal("1", answer.Header("Retry-After"));
        (await server.PostAsync("/api/v1/users", """{"email":"ada@example.com"}""")).AssertError(503, "UNAVAILABLE");
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"lobby"}""")).AssertError(503, "UNAVAILABLE");
        (await server.GetAsync("/api/v1/users", Causeway.Identity.ApiKeySecret.Create().Text)).AssertError(503, "UNAVAILABLE");

        _directory.Write("causeway.json", Configured(connection));
        Assert.Equal(0, await RunAsync("migrate", "up"));
        await Eventually.Equal("available", () => DatabaseState(server));
        (await server.GetAsync("/api/v1/users")).AssertStatus(200);
    }

    [Fact]
    public async Task Doctor_DatabaseOfEachKind_SaysWhatAStartWouldMakeOfIt()
    {
        Assert.Equal((ExitCode.Stopped, "missing"), await ExamineAsync());
        Assert.False(Directory.Exists(_directory["data"]), "It only looks.");

        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Equal((ExitCode.Stopped, "ready"), await ExamineAsync());

        Assert.Equal(0, await RunAsync("migrate", "down"));
        Assert.Equal((ExitCode.Stopped, "pending"), await ExamineAsync());
        Assert.Equal((ExitCode.Failed, "refused"), await ExamineAsync("--Database:Migrate=false"));

        Assert.Equal(0, await RunAsync("migrate", "up"));
        await OnFileAsync(static database => database.ExecuteAsync(
            "INSERT INTO causeway_migrations (library, number, name, checksum, applied_at, position) VALUES ('server', 9999, 'of_tomorrow', 'x', 0, 9999)"));
        Assert.Equal((ExitCode.Failed, "refused"), await ExamineAsync());
        Assert.Contains("9999_of_tomorrow", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_FileThatIsNoDatabase_SaysSo()
    {
        _directory.Write("data/causeway.db", new string('x', 4_096));

        Assert.Equal((ExitCode.Failed, "unreachable"), await ExamineAsync());
        Assert.Equal(ExitCode.Failed, await RunAsync("doctor", "--Server:Urls=http://127.0.0.1:0"));
        Assert.Contains("is out of reach", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_PostgresOutOfReach_NamesThePlaceAndNoSecret()
    {
        _directory.Write("causeway.json", Configured("Host=127.0.0.1;Port=1;Database=live;Username=somebody;Password=geheim;Timeout=2"));

        Assert.Equal((ExitCode.Failed, "unreachable"), await ExamineAsync());

        Assert.Contains("127.0.0.1:1/live", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", _output.ToString() + _error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_FileThatIsNoDatabase_EndsWithOneClearLine()
    {
        _directory.Write("data/causeway.db", new string('x', 4_096));

        Assert.Equal(ExitCode.Failed, await RunAsync("--Server:Urls=http://127.0.0.1:0"));

        Assert.Contains("Start-up step database failed", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("is no SQLite database", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DatabaseOfANewerRelease_EndsByNamingTheMigration()
    {
        Assert.Equal(0, await RunAsync("migrate", "up"));
        await OnFileAsync(static database => database.ExecuteAsync(
            "INSERT INTO causeway_migrations (library, number, name, checksum, applied_at, position) VALUES ('server', 9999, 'of_tomorrow', 'x', 0, 9999)"));

        Assert.Equal(ExitCode.Failed, await RunAsync("--Server:Urls=http://127.0.0.1:0"));

        Assert.Contains("server 9999_of_tomorrow", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync("migrate", "status"));
        Assert.Contains("unknown  server 9999_of_tomorrow", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_MigrationsPendingAndNotWanted_EndsByNamingTheFirst()
    {
        Assert.Equal(ExitCode.Failed, await RunAsync("--Server:Urls=http://127.0.0.1:0", "--Database:Migrate=false"));

        Assert.Contains("data 0001_ordinal_text is pending", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("causeway migrate up", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_UpStatusDown_SayWhatTheyDid()
    {
        Assert.Equal(1, await RunAsync("migrate"));
        Assert.Contains("pending  server 0001_idempotency_keys", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Contains("Applied server 0001_idempotency_keys", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Contains("Nothing to do.", _output.ToString(), StringComparison.Ordinal);

        var before = _output.ToString().Length;
        Assert.Equal(0, await RunAsync("migrate", "status", "--json"));
        using var status = JsonDocument.Parse(_output.ToString()[before..]);
        Assert.True(status.RootElement.GetProperty("complete").GetBoolean());
        Assert.All(status.RootElement.GetProperty("migrations").EnumerateArray(), static migration => Assert.Equal("applied", migration.GetProperty("state").GetString()));

        // The way back is tried with everything the program has, each migration by itself.
        var count = status.RootElement.GetProperty("migrations").GetArrayLength();
        for (var left = count; left > 1; left--)
        {
            Assert.Equal(0, await RunAsync("migrate", "down"));
        }

        Assert.Equal(0, await RunAsync("migrate", "down", "--steps", "5"));
        Assert.Equal(1, await RunAsync("migrate", "status"));
        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Equal(0, await RunAsync("migrate", "down", "--to", "data:1"));
        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task Migrate_BothWaysOnPostgres_AsOnSqlite()
    {
        NeedPostgres();
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        _directory.Write("causeway.json", Configured(connection));

        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Equal(0, await RunAsync("migrate", "status"));
        Assert.Equal(0, await RunAsync("migrate", "down", "--steps", "999"));
        Assert.Equal(0, await RunAsync("migrate", "up"));
        Assert.Equal("", _error.ToString());
    }

    [Theory]
    [InlineData("migrate", "down", "--steps", "0")]
    [InlineData("migrate", "down", "--to", "identity")]
    [InlineData("migrate", "down", "--to", ":1")]
    [InlineData("migrate", "sideways")]
    public async Task Migrate_MadeUpWords_AreUsage(params string[] words) => Assert.Equal(ExitCode.Usage, await RunAsync(words));

    [Fact]
    public async Task Migrate_DatabaseOutOfReach_FailsAndDoesNotShowTheSecret()
    {
        _directory.Write("causeway.json", Configured("Host=127.0.0.1;Port=1;Password=geheim;Timeout=2"));

        Assert.Equal(ExitCode.Failed, await RunAsync("migrate", "status"));
        Assert.Equal(0, await RunAsync("config", "show"));

        Assert.Contains("can't be reached", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", _error.ToString() + _output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Database": { "Provider": "postgres" } }""", "Database:ConnectionString")]
    [InlineData("""{ "Database": { "Provider": "mongo" } }""", "Database:Provider")]
    [InlineData("""{ "Database": { "ConnectionString": "Data Source=x" } }""", "Database:ConnectionString")]
    public async Task Configuration_ThatCannotBe_IsRefusedByKey(string configuration, string key)
    {
        _directory.Write("causeway.json", configuration);

        Assert.Equal(ExitCode.Configuration, await RunAsync("migrate", "status"));
        Assert.Contains(key, _error.ToString(), StringComparison.Ordinal);
    }

    private static string Configured(string connection) => $$$"""{ "Database": { "Provider": "postgres", "ConnectionString": {{{JsonSerializer.Serialize(connection)}}} } }""";

    private static void NeedPostgres()
    {
        if (PostgresServer.Missing is { } missing)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }
    }

    private static string DatabaseState(RunningServer server) =>
        server.App.Services.GetRequiredService<Dependencies>().Find("database")!.State.ToString().ToLowerInvariant();

    private async Task<(int Code, string State)> ExamineAsync(params string[] more)
    {
        var before = _output.ToString().Length;
        var code = await RunAsync(["doctor", "--json", "--Server:Urls=http://127.0.0.1:0", .. more]);
        using var report = JsonDocument.Parse(_output.ToString()[before..]);
        return (code, report.RootElement.GetProperty("database").GetProperty("state").GetString()!);
    }

    private async Task OnFileAsync(Func<Database, Task> work)
    {
        await using var services = new ServiceCollection().AddDatabase(options => options.SqliteFile = _directory["data/causeway.db"]).BuildServiceProvider();
        await work(services.GetRequiredService<Database>());
    }

    private Task<int> RunAsync(params string[] arguments) =>
        CommandLine.RunAsync(arguments, _output, _error, isTerminal: false, RunningServer.Look(_directory.Path)).Within();

    private sealed class OtherClock(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
