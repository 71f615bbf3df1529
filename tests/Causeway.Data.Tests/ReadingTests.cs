using Dapper;

namespace Causeway.Data.Tests;

/// <summary>F8, C3: pooled readers, and rows that are streamed.</summary>
public sealed class ReadingTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task QueryAsync_Parameters_AreValuesAndNeverSql(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        const string Name = "'; DROP TABLE things; --";
        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, new Thing("1", Name, 1, false), token));

        Assert.Equal(Name, await test.Database.QuerySingleOrDefaultAsync<string>("SELECT name FROM things WHERE name = @Name", new { Name }));
        var listed = $"SELECT id FROM things WHERE {provider.In("id", "@ids")}";
        Assert.Equal(["1"], await test.Database.QueryAsync<string>(listed, new { ids = (string[])["1", "2"] }));
        Assert.Equal(["1"], await test.Database.QueryAsync<string>(listed, new { ids = (string[])["3", "2", "1"] }));
        Assert.Empty(await test.Database.QueryAsync<string>(listed, new { ids = Array.Empty<string>() }));
        Assert.Null(await test.Database.QuerySingleOrDefaultAsync<Thing>("SELECT id, name, size, is_open FROM things WHERE id = 'none'"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task QueryAsync_SameStatementOverAndOver_TakesNewParametersEachTime(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        for (var index = 0; index < 20; index++)
        {
            var id = index.ToString("00", null);
            await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, new Thing(id, "n" + id, null, false), token));
            Assert.Equal("n" + id, await test.Database.QuerySingleOrDefaultAsync<string>("SELECT name FROM things WHERE id = @id", new { id }));
        }

        // More texts than are kept prepared.
        for (var index = 0; index < 300; index++)
        {
            Assert.Equal(index, await test.Database.QuerySingleOrDefaultAsync<long>($"SELECT CAST({index} AS bigint)"));
        }
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task QueryAsync_AfterAColumnWasAdded_SeesIt(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        const string Sql = "SELECT id FROM things";
        await test.Database.QueryAsync<string>(Sql);
        await test.Database.QueryAsync<string>(Sql);

        await test.Database.ExecuteAsync("ALTER TABLE things ADD COLUMN color text");
        await test.Database.ExecuteAsync("INSERT INTO things (id, name, color) VALUES ('1', 'one', 'red')");

        Assert.Equal(["1"], await test.Database.QueryAsync<string>(Sql));
        Assert.Equal(["red"], await test.Database.QueryAsync<string>("SELECT color FROM things"));
    }

    [Fact]
    public async Task ReadAsync_ThatWritesOnSqlite_IsRefused()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => test.Database.QueryAsync<long>("INSERT INTO things (id, name) VALUES ('1', '1') RETURNING 1"));

        Assert.Empty(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ReadAsync_WhileAWriteRuns_SeesTheStateBeforeAndDoesNotWait(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        var read = new TaskCompletionSource();

        var write = test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await read.Task;
        });

        Assert.Empty(await Things.AllAsync(test).Within());
        read.SetResult();
        await write.Within();
        Assert.Single(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ReadAsync_Cancelled_InterruptsTheQuery(DatabaseProvider provider)
    {
        await using var test = await TestDatabase.CreateAsync(provider);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() => test.Database.QueryAsync<long>(
            "WITH RECURSIVE counted(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counted WHERE n < 10000000000) SELECT max(n) FROM counted",
            cancellationToken: cancelled.Token)).Within());

        Assert.Equal([1L], await test.Database.QueryAsync<long>("SELECT CAST(1 AS bigint)"));
    }

    [Fact]
    public async Task ReadAsync_ThatLeavesAResultOpenOnSqlite_LosesItsConnectionAndNobodyElse()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteReaders = 1);
        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "1", token));

        await test.Database.ReadAsync(async (connection, _) =>
        {
            var command = connection.CreateCommand();
            command.CommandText = "SELECT id FROM things";
            var reader = await command.ExecuteReaderAsync();
            return await reader.ReadAsync();
        });

        Assert.Single(test.Log.Named("ReaderLeftOpen"));
        Assert.Single(await Things.AllAsync(test).Within());
    }

    [Fact]
    public async Task ReadAsync_MoreThanReaders_WaitForOne()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteReaders = 1);
        var release = new TaskCompletionSource<long>();
        var first = test.Database.ReadAsync((_, _) => release.Task);

        var second = Things.AllAsync(test);
        Assert.False(second.IsCompleted);
        release.SetResult(1);

        await first.Within();
        Assert.Empty(await second.Within());
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task StreamAsync_OfManyRows_GivesThemAllInLittleMemory(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        await test.Database.ExecuteAsync(
            """
            INSERT INTO things (id, name, size, is_open)
            WITH RECURSIVE counted(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counted WHERE n < 200000)
            SELECT CAST(n AS text), 'a name of some length to fill the memory with if it were kept', n, FALSE FROM counted
            """);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (rows, sum, peak) = (0L, 0L, 0L);

        await foreach (var thing in test.Database.StreamAsync<Thing>("SELECT id, name, size, is_open FROM things"))
        {
            sum += thing.Size!.Value;
            if (++rows % 50_000 == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        Assert.Equal((200_000, 200_000L * 200_001 / 2), (rows, sum));
        Assert.InRange(peak, long.MinValue, 10 << 20);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task StreamAsync_LeftOrFailing_GivesItsConnectionBack(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider, static options => options.Streams = 1);
        await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await Things.InsertAsync(unit, "2", token);
        });

        for (var round = 0; round < 3; round++)
        {
            await foreach (var _ in test.Database.StreamAsync<Thing>("SELECT id, name, size, is_open FROM things"))
            {
                break;
            }

            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(async () => await test.Database.StreamAsync<Thing>("SELECT nothing FROM nowhere").ToListAsync());
        }

        Assert.Equal(2, (await test.Database.StreamAsync<Thing>("SELECT id, name, size, is_open FROM things ORDER BY id").ToListAsync().Within()).Count);
        test.Log.AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task StreamAsync_LeftEarly_DoesNotReadTheRest(DatabaseProvider provider)
    {
        await using var test = await TestDatabase.CreateAsync(provider);
        const string Endless = "WITH RECURSIVE counted(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counted WHERE n < 1000000000000) SELECT n FROM counted";

        await Task.Run(async () =>
        {
            await foreach (var _ in test.Database.StreamAsync<long>(Endless + (provider == DatabaseProvider.Postgres ? " LIMIT 50000000" : "")))
            {
                break;
            }
        }).Within();

        Assert.Equal([1L], await test.Database.QueryAsync<long>("SELECT CAST(1 AS bigint)"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task StreamAsync_WhileRowsComeAndGo_ShowsOneMoment(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        await test.Database.WriteAsync(async (unit, token) =>
        {
            foreach (var id in (string[])["1", "2", "3"])
            {
                await Things.InsertAsync(unit, id, token);
            }
        });
        var seen = new List<string>();

        await foreach (var thing in test.Database.StreamAsync<Thing>("SELECT id, name, size, is_open FROM things ORDER BY id"))
        {
            seen.Add(thing.Id);
            await test.Database.ExecuteAsync("DELETE FROM things WHERE id = '3'");
            await test.Database.ExecuteAsync("INSERT INTO things (id, name) VALUES ('4', '4') ON CONFLICT DO NOTHING");
        }

        Assert.Equal(["1", "2", "3"], seen);
    }
}
