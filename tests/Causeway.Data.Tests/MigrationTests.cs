using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Data.Tests;

/// <summary>F8: versioned migrations, up and down, under a lock.</summary>
public sealed class MigrationTests
{
    private static readonly (string File, string Text) First = ("0001_first.sql", "-- up\nCREATE TABLE first (id ordinal_text PRIMARY KEY);\n-- down\nDROP TABLE first;\n");

    private static readonly (string File, string Text) Second = (
        "0002_second.sql",
        """
        -- Two statements, and one part for each database.
        -- up
        CREATE TABLE second (id ordinal_text PRIMARY KEY, first_id ordinal_text REFERENCES first (id));
        INSERT INTO first (id) VALUES ('a;b'); INSERT INTO second VALUES ('x', 'a;b');
        -- up sqlite
        CREATE TABLE only_sqlite (id text);
        -- up postgres
        CREATE TABLE only_postgres (id text);
        -- down sqlite
        DROP TABLE only_sqlite;
        -- down postgres
        DROP TABLE only_postgres;
        -- down
        DROP TABLE second;
        DELETE FROM first;
        """);

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UpAsync_ThenDownAsync_ComesBackToWhereItWas(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider, First, Second);
        Assert.All(await test.Migrator.StatusAsync(), static migration => Assert.Equal((MigrationState.Pending, null), (migration.State, migration.AppliedAt)));

        var applied = await test.Migrator.UpAsync();

        Assert.Equal(["data 1 ordinal_text", "test 1 first", "test 2 second"], applied.Select(Describe));
        Assert.All(await test.Migrator.StatusAsync(), static migration => Assert.Equal(MigrationState.Applied, migration.State));
        Assert.Equal("a;b", await test.Database.QuerySingleOrDefaultAsync<string>("SELECT first_id FROM second"));
        await test.Database.QueryAsync<string>(provider == DatabaseProvider.Sqlite ? "SELECT id FROM only_sqlite" : "SELECT id FROM only_postgres");
        Assert.Empty(await test.Migrator.UpAsync());

        Assert.Equal(["test 2 second"], (await test.Migrator.DownAsync(1)).Select(Describe));
        Assert.Empty(await test.Database.QueryAsync<string>("SELECT id FROM first"));
        Assert.Equal(["test 2 second"], (await test.Migrator.UpAsync()).Select(Describe));
        Assert.Equal(["test 2 second", "test 1 first"], (await test.Migrator.DownToAsync("data", 1)).Select(Describe));
        Assert.Equal(["data 1 ordinal_text"], (await test.Migrator.DownAsync(99)).Select(Describe));
        Assert.Equal(["data 1 ordinal_text", "test 1 first", "test 2 second"], (await test.Migrator.UpAsync()).Select(Describe));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UpAsync_ByFourNodesAtOnce_AppliesEachOnce(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider, First, Second);
        var nodes = Enumerable.Range(0, 4).Select(_ => test.Another(services: services => Add(services, First, Second))).ToList();

        var applied = await Task.WhenAll(nodes.Select(static node => Task.Run(() => node.Migrator.UpAsync()))).Within();

        Assert.Equal(["data 1 ordinal_text", "test 1 first", "test 2 second"], applied.SelectMany(static list => list).Select(Describe));
        foreach (var node in nodes)
        {
            await node.CloseAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UpAsync_WhenOneFails_LeavesTheDatabaseAsItWas(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider, First, ("0002_broken.sql", "-- up\nCREATE TABLE second (id text);\nINSERT INTO nowhere VALUES (1);\n-- down\n"));

        var failed = await Assert.ThrowsAsync<MigrationException>(() => test.Migrator.UpAsync());

        Assert.Contains("test 0002_broken", failed.Message, StringComparison.Ordinal);
        Assert.All(await test.Migrator.StatusAsync(), static migration => Assert.Equal(MigrationState.Pending, migration.State));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => test.Database.QueryAsync<string>("SELECT id FROM first"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UpAsync_OfAnOlderRelease_IsRefusedByTheMigrationsName(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider, First, Second);
        await test.Migrator.UpAsync();
        var older = test.Another(services: static services => Add(services, First));

        var refused = await Assert.ThrowsAsync<MigrationException>(() => older.Migrator.UpAsync());

        Assert.Contains("test 0002_second", refused.Message, StringComparison.Ordinal);
        Assert.Contains("newer release", refused.Message, StringComparison.Ordinal);
        Assert.Equal(MigrationState.Unknown, (await older.Migrator.StatusAsync())[^1].State);
        await Assert.ThrowsAsync<MigrationException>(() => older.Migrator.DownAsync(1));
        Assert.Equal("a;b", await test.Database.QuerySingleOrDefaultAsync<string>("SELECT first_id FROM second"));
        await older.CloseAsync();
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UpAsync_OfATextThatWasChanged_IsRefusedByTheMigrationsName(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider, First);
        await test.Migrator.UpAsync();
        var changed = test.Another(services: static services => Add(services, (First.File, First.Text.Replace("ordinal_text", "text", StringComparison.Ordinal))));
        var reformatted = test.Another(services: static services => Add(services, (First.File, First.Text.Replace("\n", "  \r\n", StringComparison.Ordinal))));

        var refused = await Assert.ThrowsAsync<MigrationException>(() => changed.Migrator.UpAsync());

        Assert.Contains("test 0001_first", refused.Message, StringComparison.Ordinal);
        Assert.Equal(MigrationState.Changed, (await changed.Migrator.StatusAsync())[^1].State);
        Assert.Empty(await reformatted.Migrator.UpAsync());
        await changed.CloseAsync();
        await reformatted.CloseAsync();
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UpAsync_OfAListThatWasChangedByHand_IsRefused(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider, First, Second);
        await test.Migrator.UpAsync();
        await test.Database.ExecuteAsync("DELETE FROM causeway_migrations WHERE library = 'test' AND number = 1");

        Assert.Contains("test 0001_first", (await Assert.ThrowsAsync<MigrationException>(() => test.Migrator.UpAsync())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MigrationException>(() => test.Migrator.DownToAsync("test", 1));
    }

    [Fact]
    public async Task UpAsync_ThatLeavesBrokenReferencesOnSqlite_IsRefused()
    {
        await using var test = await CreateAsync(DatabaseProvider.Sqlite, First, Second, ("0003_broken.sql", "-- up\nDELETE FROM first;\n-- down\n"));

        var refused = await Assert.ThrowsAsync<MigrationException>(() => test.Migrator.UpAsync());

        Assert.Contains("rows of second", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpAsync_ThatMakesATableAnewOnSqlite_KeepsWhatRefersToIt()
    {
        await using var test = await CreateAsync(DatabaseProvider.Sqlite, First, Second, (
            "0003_anew.sql", "-- up\nCREATE TABLE new (id text PRIMARY KEY, name text);\nINSERT INTO new (id) SELECT id FROM first;\nDROP TABLE first;\nALTER TABLE new RENAME TO first;\n-- down\n"));

        await test.Migrator.UpAsync();

        Assert.Equal("a;b", await test.Database.QuerySingleOrDefaultAsync<string>("SELECT first_id FROM second"));
        await Assert.ThrowsAsync<ForeignKeyViolationException>(() => test.Database.ExecuteAsync("DELETE FROM first"));
    }

    [Theory]
    [InlineData("1_short.sql", "-- up\n-- down\n", "named like")]
    [InlineData("0002_hole.sql", "-- up\n-- down\n", "numbered from 1")]
    [InlineData("0001_no_way_back.sql", "-- up\nSELECT 1;\n", "'-- down'")]
    [InlineData("0001_stray.sql", "SELECT 1;\n-- up\n-- down\n", "before its first")]
    public void MigrationSource_ThatCannotBeUsed_NamesTheFile(string file, string text, string reason)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => new MigrationSource("test", [(file, text)]));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("test", refused.Message, StringComparison.Ordinal);
    }

    private static string Describe(MigrationStatus migration) => string.Create(CultureInfo.InvariantCulture, $"{migration.Library} {migration.Number} {migration.Name}");

    private static void Add(IServiceCollection services, params (string, string)[] files) => services.AddSingleton(new MigrationSource("test", files));

    private static Task<TestDatabase> CreateAsync(DatabaseProvider provider, params (string, string)[] files) =>
        TestDatabase.CreateAsync(provider, services: services => Add(services, files));
}
