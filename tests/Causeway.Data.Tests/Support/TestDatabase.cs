using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Causeway.Data.Tests;

/// <summary>An empty real database of the test's own, with what the library adds to a service.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly ServiceProvider _services;

    private TestDatabase(TempDirectory directory, ServiceProvider services, LogProbe log)
    {
        _directory = directory;
        _services = services;
        Log = log;
    }

    public LogProbe Log { get; }

    public Database Database => _services.GetRequiredService<Database>();

    public Migrator Migrator => _services.GetRequiredService<Migrator>();

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    /// <summary>The file, on SQLite.</summary>
    public string File => _directory["test.db"];

    public static async Task<TestDatabase> CreateAsync(
        DatabaseProvider provider, Action<DatabaseOptions>? configure = null, Action<IServiceCollection>? services = null, TimeProvider? time = null)
    {
        var connection = provider == DatabaseProvider.Postgres ? await PostgresAsync() : null;
        return Create(provider, connection, new TempDirectory(), configure, services, time);
    }

    /// <summary>Another service on the same database, as a second node or a newer release would be.</summary>
    public TestDatabase Another(Action<DatabaseOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var options = _services.GetRequiredService<Microsoft.Extensions.Options.IOptions<DatabaseOptions>>().Value;
        return Create(options.Provider, options.ConnectionString, _directory, configure, services, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Closes the database and keeps what is in it.</summary>
    public ValueTask CloseAsync() => _services.DisposeAsync();

    /// <summary>Skips the test where there is no PostgreSQL; in CI it fails.</summary>
    public static void NeedPostgres()
    {
        if (PostgresServer.Missing is { } missing)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }
    }

    private static async Task<string> PostgresAsync()
    {
        NeedPostgres();
        var server = await PostgresServer.SharedAsync();
        return await server.CreateDatabaseAsync();
    }

    private static TestDatabase Create(
        DatabaseProvider provider, string? connection, TempDirectory directory, Action<DatabaseOptions>? configure, Action<IServiceCollection>? add, TimeProvider? time)
    {
        var log = new LogProbe();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        services.AddDatabase(options =>
        {
            options.Provider = provider;
            options.ConnectionString = connection;
            options.SqliteFile = directory["test.db"];
            options.SqliteSynchronous = SqliteSynchronous.Normal;
            configure?.Invoke(options);
        });
        add?.Invoke(services);
        return new TestDatabase(directory, services.BuildServiceProvider(), log);
    }
}
