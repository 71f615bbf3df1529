namespace Causeway.Data.Tests;

internal sealed record Thing(string Id, string Name, long? Size, bool IsOpen);

/// <summary>A table to write to.</summary>
internal static class Things
{
    public static async Task<TestDatabase> CreateAsync(DatabaseProvider provider, Action<DatabaseOptions>? configure = null, TimeProvider? time = null)
    {
        var test = await TestDatabase.CreateAsync(provider, configure, time: time);
        await test.Migrator.UpAsync();
        await test.Database.ExecuteAsync("CREATE TABLE things (id ordinal_text PRIMARY KEY, name text NOT NULL, size bigint, is_open boolean NOT NULL DEFAULT FALSE)");
        return test;
    }

    public static Task<int> InsertAsync(UnitOfWork unit, string id, CancellationToken cancellationToken) =>
        InsertAsync(unit, new Thing(id, id, null, false), cancellationToken);

    public static Task<int> InsertAsync(UnitOfWork unit, Thing thing, CancellationToken cancellationToken) =>
        unit.ExecuteAsync("INSERT INTO things (id, name, size, is_open) VALUES (@Id, @Name, @Size, @IsOpen)", thing, cancellationToken);

    public static Task<List<Thing>> AllAsync(TestDatabase test) => test.Database.QueryAsync<Thing>("SELECT id, name, size, is_open FROM things ORDER BY id");
}
