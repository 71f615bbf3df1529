using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Data.Tests.Lists;

/// <summary>F7: pages by position and by number, with an allow-list of sorts and filters.</summary>
public sealed class ListQueryTests
{
    private static readonly ListQuery<Row> Query = new ListQuery<Row>("id, name, size, weight, is_open", "rows")
        .SortableBy("id", ListValue.Text)
        .SortableBy("name", ListValue.Text, nullable: true)
        .SortableBy("size", ListValue.Number)
        .SortableBy("weight", ListValue.Real, nullable: true)
        .SortableBy("open", ListValue.Boolean, "is_open")
        .FilterableBy("name", ListValue.Text, Enum.GetValues<FilterOperator>())
        .FilterableBy("size", ListValue.Number, [FilterOperator.Equal, FilterOperator.Less, FilterOperator.LessOrEqual, FilterOperator.Greater, FilterOperator.GreaterOrEqual, FilterOperator.In])
        .FilterableBy("open", ListValue.Boolean, [FilterOperator.Equal], "is_open")
        .SortedBy(new SortBy("size", Descending: true));

    // Ties are many, nulls too, and names that only bytes tell apart.
    private static readonly Gen<Row> AnyRow =
        from name in Gen.Elements<string?>(null, "", "a", "A", "b", "ä", "a%", "a_", "zz")
        from size in Gen.Choose(-1, 1)
        from weight in Gen.Elements<double?>(null, -0.5, 0.1, 1e300)
        from open in Gen.Elements(true, false)
        select new Row("", name, size, weight, open);

    private static readonly Gen<SortBy[]> AnySort =
        from count in Gen.Choose(0, 3)
        from names in Gen.Shuffle<string>(["id", "name", "size", "weight", "open"])
        from directions in Gen.Elements(true, false).ListOf(count)
        select names.Take(count).Zip(directions, static (name, down) => new SortBy(name, down)).ToArray();

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task PageAsync_AnyDataAndOrder_PagesTogetherAreTheWholeList(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider);

        Prop.ForAll(
            (from rows in AnyRow.ListOf() from sort in AnySort from limit in Gen.Choose(1, 5) select (rows, sort, limit)).ToArbitrary(),
            data => AreTheWholeListAsync(test, [.. data.rows], data.sort, data.limit).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task PageAsync_WhileRowsComeAndGo_ShowsEachThatStayedOnce(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider);

        Prop.ForAll(
            (from rows in AnyRow.NonEmptyListOf()
             from extra in AnyRow.ListOf()
             from sort in AnySort
             from limit in Gen.Choose(1, 3)
             from seed in Gen.Choose(0, 1_000)
             select (rows, extra, sort, limit, seed)).ToArbitrary(),
            data => ShowsThoseThatStayedAsync(test, [.. data.rows], new Queue<Row>(data.extra), data.sort, data.limit, data.seed).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task PageAsync_RowsWithoutAValue_ComeLastBothWays(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider);
        await FillAsync(test, [new("1", null, 0, null, false), new("2", "b", 0, null, false), new("3", "a", 0, null, false)]);

        Assert.Equal(["3", "2", "1"], await IdsAsync(new SortBy("name")));
        Assert.Equal(["2", "3", "1"], await IdsAsync(new SortBy("name", Descending: true)));

        async Task<IEnumerable<string>> IdsAsync(SortBy sort) =>
            (await Query.PageAsync(test.Database, new ListRequest { Sort = [sort] }, null, 10)).Items.Select(static row => row.Id);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task PageAsync_Filters_MeanTheSameOnBoth(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider);
        await FillAsync(test,
        [
            new("1", "Anna", 1, null, true), new("2", "annabel", 2, null, false), new("3", "100%", 3, null, true), new("4", "1000", 4, null, false), new("5", null, 5, null, true),
        ]);

        Assert.Equal("1", await IdsAsync(new FilterBy("name", FilterOperator.Equal, "Anna")));
        Assert.Equal("2345", await IdsAsync(new FilterBy("name", FilterOperator.NotEqual, "Anna")));
        Assert.Equal("12", await IdsAsync(new FilterBy("name", FilterOperator.StartsWith, "ANN")));
        Assert.Equal("3", await IdsAsync(new FilterBy("name", FilterOperator.Contains, "0%")));
        Assert.Equal("5", await IdsAsync(new FilterBy("name", FilterOperator.IsNull, true)));
        Assert.Equal("1234", await IdsAsync(new FilterBy("name", FilterOperator.IsNull, false)));
        Assert.Equal("34", await IdsAsync(new FilterBy("size", FilterOperator.GreaterOrEqual, 3), new FilterBy("size", FilterOperator.Less, 5)));
        Assert.Equal("12", await IdsAsync(new FilterBy("size", FilterOperator.LessOrEqual, 2L)));
        Assert.Equal("25", await IdsAsync(new FilterBy("size", FilterOperator.In, (long[])[2, 5])));
        Assert.Equal("", await IdsAsync(new FilterBy("size", FilterOperator.In, Array.Empty<long>())));
        Assert.Equal("24", await IdsAsync(new FilterBy("open", FilterOperator.Equal, false)));
        Assert.Equal("", await IdsAsync(new FilterBy("name", FilterOperator.Equal, "' OR 1=1 --")));

        async Task<string> IdsAsync(params FilterBy[] filters) => string.Concat(
            (await Query.PageAsync(test.Database, new ListRequest { Filters = filters, Sort = [new SortBy("id")] }, null, 10)).Items.Select(static row => row.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task NumberedPageAsync_AndStreamAsync_GoByTheSameOrderAndConditions(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider);
        await FillAsync(test, [.. Enumerable.Range(0, 25).Select(static index => new Row("", "n", index % 3, null, index % 2 == 0))]);
        var request = new ListRequest
        {
            Sort = [new SortBy("size", Descending: true)],
            Filters = [new FilterBy("open", FilterOperator.Equal, true)],
            Where = "size <> @not",
            Parameters = new { not = 1L },
        };

        var streamed = await Query.StreamAsync(test.Database, request).ToListAsync();
        var (first, second) = (await Query.NumberedPageAsync(test.Database, request, 1, 5), await Query.NumberedPageAsync(test.Database, request, 2, 5));
        var beyond = await Query.NumberedPageAsync(test.Database, request, 99, 5);

        Assert.Equal(9, streamed.Count);
        Assert.All(streamed, static row => Assert.True(row.IsOpen && row.Size != 1));
        Assert.Equal((9L, 9L), (first.Total, second.Total));
        Assert.Equal(streamed, first.Items.Concat(second.Items));
        Assert.Equal((0, 9L), (beyond.Items.Count, beyond.Total));
    }

    [Fact]
    public async Task PageAsync_NamesThatAreNotInTheList_AreRefused()
    {
        await using var test = await CreateAsync(DatabaseProvider.Sqlite);

        await Assert.ThrowsAsync<ArgumentException>(() => Ask(new ListRequest { Sort = [new SortBy("password")] }));
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(new ListRequest { Sort = [new SortBy("size; DROP TABLE rows")] }));
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(new ListRequest { Sort = [new SortBy("size"), new SortBy("size", true)] }));
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(new ListRequest { Filters = [new FilterBy("password", FilterOperator.Equal, "x")] }));
        await Assert.ThrowsAsync<ArgumentException>(() => Ask(new ListRequest { Filters = [new FilterBy("open", FilterOperator.Less, true)] }));
        Assert.False(Query.CanSortBy("password") || Query.CanFilterBy("open", FilterOperator.Less));
        Assert.True(Query.CanSortBy("size") && Query.CanFilterBy("open", FilterOperator.Equal));

        Task Ask(ListRequest request) => Query.PageAsync(test.Database, request, null, 10);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""["-size"]""")]
    [InlineData("""["size,",1,"x"]""")]
    [InlineData("""["-size,-","1","x"]""")]
    [InlineData("""["-size,-",null,"x"]""")]
    [InlineData("""["-size,-",1.5,"x"]""")]
    [InlineData("""["-size,-",99999999999999999999,"x"]""")]
    public async Task PageAsync_PositionOfAnotherOrder_IsRefused(string after)
    {
        await using var test = await CreateAsync(DatabaseProvider.Sqlite);

        await Assert.ThrowsAsync<FormatException>(() => Query.PageAsync(test.Database, new ListRequest(), after, 10));
    }

    private static async Task<bool> AreTheWholeListAsync(TestDatabase test, Row[] rows, SortBy[] sort, int limit)
    {
        await FillAsync(test, rows);
        var request = new ListRequest { Sort = sort };
        var whole = await Query.StreamAsync(test.Database, request).ToListAsync();
        var paged = new List<Row>();
        string? after = null;
        do
        {
            var page = await Query.PageAsync(test.Database, request, after, limit);
            if (page.Items.Count > limit || (page.HasNext && page.Items.Count < limit))
            {
                return false;
            }

            paged.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        return whole.Count == rows.Length && whole.SequenceEqual(paged);
    }

    private static async Task<bool> ShowsThoseThatStayedAsync(TestDatabase test, Row[] rows, Queue<Row> extra, SortBy[] sort, int limit, int seed)
    {
        await FillAsync(test, rows);
        var random = new Random(seed);
        var request = new ListRequest { Sort = sort };
        var stayed = (await Query.StreamAsync(test.Database, request).ToListAsync()).Select(static row => row.Id).ToHashSet();
        var seen = new List<string>();
        var added = 0;
        string? after = null;
        do
        {
            var page = await Query.PageAsync(test.Database, request, after, limit);
            seen.AddRange(page.Items.Select(static row => row.Id));
            after = page.Next;

            // One goes, the last row of the page among them, and one comes, anywhere in the order.
            var gone = random.Next(2) == 0 ? (page.Items.Count > 0 ? page.Items[^1].Id : null) : stayed.ElementAtOrDefault(random.Next(stayed.Count + 1));
            if (gone is not null)
            {
                stayed.Remove(gone);
                await test.Database.ExecuteAsync("DELETE FROM rows WHERE id = @gone", new { gone });
            }

            if (extra.TryDequeue(out var row))
            {
                await InsertAsync(test, [row with { Id = string.Create(CultureInfo.InvariantCulture, $"new{random.Next(10_000)}-{added++}") }]);
            }
        }
        while (after is not null);

        return seen.Distinct().Count() == seen.Count && stayed.All(seen.Contains);
    }

    private static async Task FillAsync(TestDatabase test, Row[] rows)
    {
        await test.Database.ExecuteAsync("DELETE FROM rows");
        await InsertAsync(test, rows.Select((row, index) => row.Id.Length > 0 ? row : row with { Id = (index * 7919 % 1_000).ToString("000", CultureInfo.InvariantCulture) }));
    }

    private static Task<int> InsertAsync(TestDatabase test, IEnumerable<Row> rows) => test.Database.WriteAsync((unit, token) => unit.ExecuteAsync(
        "INSERT INTO rows (id, name, size, weight, is_open) VALUES (@Id, @Name, @Size, @Weight, @IsOpen) ON CONFLICT DO NOTHING", rows, token));

    private static async Task<TestDatabase> CreateAsync(DatabaseProvider provider)
    {
        var test = await TestDatabase.CreateAsync(provider);
        await test.Migrator.UpAsync();
        await test.Database.ExecuteAsync(
            "CREATE TABLE rows (id ordinal_text PRIMARY KEY, name text, size bigint NOT NULL, weight double precision, is_open boolean NOT NULL)");
        return test;
    }

    private sealed record Row(string Id, string? Name, long Size, double? Weight, bool IsOpen);
}
