using Dapper;

namespace Causeway.Data.Tests;

/// <summary>F8: one transaction per write, on both databases alike.</summary>
public sealed class WritingTests
{
    private const string Things = "CREATE TABLE things (id text PRIMARY KEY, name text NOT NULL, size bigint, is_open boolean NOT NULL DEFAULT FALSE)";

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_OfSeveralStatements_IsThereForReadersAfterwards(DatabaseProvider provider)
    {
        await using var test = await WithThingsAsync(provider);

        var count = await test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.ExecuteAsync("INSERT INTO things (id, name, size, is_open) VALUES (@Id, @Name, @Size, @IsOpen)", new Thing("1", "one", 1, true), token);
            await unit.ExecuteAsync("INSERT INTO things (id, name, size, is_open) VALUES (@Id, @Name, @Size, @IsOpen)", new Thing("2", "two", null, false), token);
            return await unit.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM things", cancellationToken: token);
        });

        Assert.Equal(2, count);
        Assert.Equal(
            [new Thing("1", "one", 1, true), new Thing("2", "two", null, false)],
            await test.Database.QueryAsync<Thing>("SELECT id, name, size, is_open FROM things ORDER BY id"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_ThatThrows_LeavesNothing(DatabaseProvider provider)
    {
        await using var test = await WithThingsAsync(provider);

        var thrown = await Assert.ThrowsAsync<FormatException>(() => test.Database.WriteAsync(async (unit, token) =>
        {
            await Insert(unit, "1", token);
            throw new FormatException("no");
        }));

        Assert.Equal("no", thrown.Message);
        Assert.Equal(0, await CountAsync(test));
    }

    private static Task<int> Insert(UnitOfWork unit, string id, CancellationToken token) =>
        unit.ExecuteAsync("INSERT INTO things (id, name) VALUES (@id, @id)", new { id }, token);

    private static async Task<long> CountAsync(TestDatabase test) => await test.Database.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM things");

    private static async Task<TestDatabase> WithThingsAsync(DatabaseProvider provider)
    {
        var test = await TestDatabase.CreateAsync(provider);
        await test.Migrator.UpAsync();
        await test.Database.ExecuteAsync(Things);
        return test;
    }

    private sealed record Thing(string Id, string Name, long? Size, bool IsOpen);
}
