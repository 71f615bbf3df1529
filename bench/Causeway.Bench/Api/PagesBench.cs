using System.Diagnostics;
using Causeway.Data;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Bench.Api;

/// <summary>Question: does a page of a list cost the same wherever it is? A million rows, with many ties in what they are sorted by, on SQLite, and on PostgreSQL where one is named.</summary>
internal static class PagesBench
{
    private const int Count = 1_000_000;
    private const int PageSize = 20;

    private static readonly ListQuery<Item> Query = new ListQuery<Item>("id, name, created_at", "items")
        .SortableBy("created_at", ListValue.Number).SortedBy(new SortBy("created_at"));

    public static async Task<int> RunAsync(string? postgres)
    {
        var directory = Directory.CreateTempSubdirectory("causeway-bench-").FullName;
        try
        {
            await MeasureAsync("SQLite", options => options.SqliteFile = Path.Combine(directory, "pages.db"));
            if (postgres is not null)
            {
                await MeasureAsync("PostgreSQL", options => (options.Provider, options.ConnectionString) = (DatabaseProvider.Postgres, postgres));
            }

            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task MeasureAsync(string name, Action<DatabaseOptions> configure)
    {
        await using var services = new ServiceCollection().AddLogging().AddDatabase(configure).BuildServiceProvider();
        await services.GetRequiredService<Migrator>().UpAsync();
        var database = services.GetRequiredService<Database>();
        await database.ExecuteAsync("DROP TABLE IF EXISTS items");
        await database.ExecuteAsync("CREATE TABLE items (id ordinal_text PRIMARY KEY, name text NOT NULL, created_at bigint NOT NULL)");
        await database.ExecuteAsync($"""
            INSERT INTO items (id, name, created_at)
            WITH RECURSIVE counted(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM counted WHERE n < {Count})
            SELECT 'id-' || (n * 7919 % 1000003), 'A name of some length', n / 10 FROM counted
            """);
        await database.ExecuteAsync("CREATE INDEX items_created_at_idx ON items (created_at, id)");
        await database.ExecuteAsync("ANALYZE");

        var early = await PositionAsync(database, 100);
        var late = await PositionAsync(database, Count - 1_000);
        var (first, last) = (await MedianAsync(() => Query.PageAsync(database, new ListRequest(), early, PageSize)), await MedianAsync(() => Query.PageAsync(database, new ListRequest(), late, PageSize)));
        var numbered = await MedianAsync(() => database.QueryAsync<Item>($"SELECT id, name, created_at FROM items ORDER BY created_at, id LIMIT {PageSize} OFFSET {Count - 1_000}"), 5);
        Console.WriteLine($"{name,-12} a page by position: {first:0} µs at row 100, {last:0} µs at row {Count - 1_000:#,0} ({last / first:0.00} x); by OFFSET there: {numbered:0} µs");
    }

    /// <summary>The position behind a row, which a client would have from the page before.</summary>
    private static async Task<string?> PositionAsync(Database database, int row)
    {
        var before = await database.QueryAsync<Item>($"SELECT id, name, created_at FROM items ORDER BY created_at, id LIMIT 1 OFFSET {row - 1}");
        var page = await Query.PageAsync(database, new ListRequest { Where = "created_at = @CreatedAt AND id >= @Id OR created_at > @CreatedAt", Parameters = before[0] }, null, 1);
        return page.Next;
    }

    private static async Task<double> MedianAsync<T>(Func<Task<T>> page, int times = 500)
    {
        var took = new List<double>();
        for (var round = 0; round < times; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            await page();
            took.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
        }

        took.Sort();
        return took[took.Count / 2];
    }

    private sealed record Item(string Id, string Name, long CreatedAt);
}
