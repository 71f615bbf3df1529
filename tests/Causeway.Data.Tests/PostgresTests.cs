using Dapper;

namespace Causeway.Data.Tests;

/// <summary>F8, A7: a server that goes away and comes back.</summary>
public sealed class PostgresTests
{
    [Fact]
    public async Task Database_WhenTheServerGoesAndComesBack_IsUnavailableMeanwhileAndKeepsWhatWasAcknowledged()
    {
        SkipUnlessThere();
        await using var server = await PostgresServer.StartAsync();
        var connection = await server.CreateDatabaseAsync();
        await using var test = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite, options =>
        {
            options.Provider = DatabaseProvider.Postgres;
            options.ConnectionString = connection;
        });
        await test.Database.ExecuteAsync("CREATE TABLE things (id text PRIMARY KEY)");
        await test.Database.ExecuteAsync("INSERT INTO things VALUES ('1')");

        await server.KillAsync();
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => test.Database.QueryAsync<string>("SELECT id FROM things")).Within();
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => test.Database.ExecuteAsync("INSERT INTO things VALUES ('2')")).Within();
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => test.Database.OpenAsync()).Within();
        await Assert.ThrowsAsync<DatabaseUnavailableException>(async () => await test.Database.StreamAsync<string>("SELECT id FROM things").ToListAsync()).Within();

        await server.StartAgainAsync();
        await Eventually.True(async () =>
        {
            try
            {
                return (await test.Database.QueryAsync<string>("SELECT id FROM things")) is ["1"];
            }
            catch (DatabaseUnavailableException)
            {
                return false;
            }
        });
        Assert.Equal(1, await test.Database.ExecuteAsync("INSERT INTO things VALUES ('2')"));
    }

    /// <summary>As after a change of the primary: connections lead to a server that takes no writes, and those that are kept would for ever.</summary>
    [Fact]
    public async Task WriteAsync_ServerThatTakesNoWrites_IsUnavailableUntilOneDoes()
    {
        SkipUnlessThere();
        var server = await PostgresServer.SharedAsync();
        var connection = await server.CreateDatabaseAsync();
        await using var test = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite, options =>
        {
            options.Provider = DatabaseProvider.Postgres;
            options.ConnectionString = connection;
        });
        await test.Database.ExecuteAsync("CREATE TABLE things (id text PRIMARY KEY)");

        await server.TakeNoWritesAsync(connection, true);
        await Eventually.Equal("The database takes no writes at the moment.", () => TryAsync("1"));
        Assert.Empty(await test.Database.QueryAsync<string>("SELECT id FROM things"));
        await server.TakeNoWritesAsync(connection, false);

        await Eventually.True(async () => await TryAsync("2") is null);
        Assert.Equal(["2"], await test.Database.QueryAsync<string>("SELECT id FROM things"));

        async Task<string?> TryAsync(string id)
        {
            try
            {
                await test.Database.ExecuteAsync("INSERT INTO things VALUES (@id)", new { id });
                return null;
            }
            catch (DatabaseUnavailableException exception)
            {
                Assert.False(exception.MayBeDone);
                return exception.Message;
            }
        }
    }

    [Fact]
    public async Task WriteAsync_CutWhileItRuns_IsUnavailableAndNotDone()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Postgres);

        var failure = await Assert.ThrowsAsync<DatabaseUnavailableException>(() => test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            var process = await unit.QuerySingleOrDefaultAsync<int>("SELECT pg_backend_pid()", cancellationToken: token);
            await test.Database.ReadAsync((connection, _) => connection.ExecuteScalarAsync<bool>("SELECT pg_terminate_backend(@process)", new { process }), token);
            await Things.InsertAsync(unit, "2", token);
        }));

        Assert.False(failure.MayBeDone);
        Assert.Empty(await Things.AllAsync(test));
    }

    /// <summary>As when the process is frozen, or its line is dead without a word: its locks must not stay.</summary>
    [Fact]
    public async Task WriteAsync_StandsStillWithALock_LetsGoAndIsRefused()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Postgres, static options => options.PostgresIdleWriteLimit = TimeSpan.FromSeconds(1));
        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "1", token));
        var (isLocked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());

        var frozen = test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.ExecuteAsync("UPDATE things SET name = 'frozen' WHERE id = '1'", null, token);
            isLocked.SetResult();
            await goOn.Task;
            await Things.InsertAsync(unit, "2", token);
        });
        await isLocked.Task.Within();
        await test.Database.ExecuteAsync("UPDATE things SET name = 'another' WHERE id = '1'").Within();
        goOn.SetResult();

        var failure = await Assert.ThrowsAsync<DatabaseUnavailableException>(() => frozen.Within());
        Assert.Contains("stood still", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.MayBeDone);
        Assert.Equal(["another"], (await Things.AllAsync(test)).Select(static thing => thing.Name));
    }

    [Fact]
    public async Task LockAsync_HolderStandsStill_TheNextGetsIt()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Postgres);
        var (isLocked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());

        var frozen = test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.LockAsync("things", TimeSpan.FromMilliseconds(200), token);
            isLocked.SetResult();
            await goOn.Task;
            await Things.InsertAsync(unit, "frozen", token);
        });
        await isLocked.Task.Within();
        await test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.LockAsync("things", cancellationToken: token);
            await Things.InsertAsync(unit, "next", token);
        }).Within();
        goOn.SetResult();

        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => frozen.Within());
        Assert.Equal(["next"], (await Things.AllAsync(test)).Select(static thing => thing.Id));
    }

    [Fact]
    public async Task WriteAsync_DeadlockedWithAnother_OneIsUnavailableAndTheOtherIsDone()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Postgres);
        await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await Things.InsertAsync(unit, "2", token);
        });
        using var both = new Barrier(2);

        var writes = new[] { ("1", "2"), ("2", "1") }.Select(order => Task.Run(() => test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.ExecuteAsync("UPDATE things SET size = 1 WHERE id = @id", new { id = order.Item1 }, token);
            both.SignalAndWait(Limits.Test, token);
            await unit.ExecuteAsync("UPDATE things SET size = 1 WHERE id = @id", new { id = order.Item2 }, token);
        }))).ToList();
        await Task.WhenAll(writes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.Equal(1, writes.Count(static write => write.IsCompletedSuccessfully));
        Assert.IsType<DatabaseUnavailableException>(writes.First(static write => write.IsFaulted).Exception!.InnerException);
    }

    [Theory]
    [InlineData("Host=db;Password=p", 100)]
    [InlineData("Host=db;Max Auto Prepare=0", 0)]
    [InlineData("Host=db;MaxAutoPrepare=7", 7)]
    public void WithDefaults_WhatIsSaid_Stays(string given, int prepared) =>
        Assert.Equal(prepared, new Npgsql.NpgsqlConnectionStringBuilder(PostgresDatabase.WithDefaults(given)).MaxAutoPrepare);

    private static void SkipUnlessThere() => TestDatabase.NeedPostgres();
}
