using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Data.Tests.Lists;

/// <summary>F7: a list whose rows are partly in memory is the list that it would be if all were in the database.</summary>
public sealed class MixedListTests
{
    private static readonly ListQuery<Row> Stored = new ListQuery<Row>("id, name, size, weight, is_open", "rows")
        .SortableBy("id", ListValue.Text)
        .SortableBy("name", ListValue.Text, nullable: true)
        .SortableBy("size", ListValue.Number)
        .SortableBy("weight", ListValue.Real, nullable: true)
        .SortableBy("open", ListValue.Boolean, "is_open")
        .FilterableBy("name", ListValue.Text, Enum.GetValues<FilterOperator>())
        .FilterableBy("size", ListValue.Number, Enum.GetValues<FilterOperator>())
        .FilterableBy("open", ListValue.Boolean, [FilterOperator.Equal], "is_open")
        .SortedBy(new SortBy("size", Descending: true));

    private static readonly MixedList<Row> Mixed = new(Stored, static row => row.Id, static (row, name) => name switch
    {
        "id" => row.Id,
        "name" => row.Name,
        "size" => row.Size,
        "weight" => row.Weight,
        _ => row.IsOpen,
    });

    // Ties are many, nulls too, and names that only bytes tell apart: the last two are in another order as UTF-16.
    private static readonly Gen<Row> AnyRow =
        from name in Gen.Elements<string?>(null, "", "a", "A", "ab", "b%", "b_", @"\", "\uffee", "\U0001f600")
        from size in Gen.Choose(-1, 1)
        from weight in Gen.Elements<double?>(null, -0.5, 0.1, 1e300)
        from open in Gen.Elements(true, false)
        select new Row("", name, size, weight, open);

    private static readonly Gen<SortBy[]> AnySort =
        from count in Gen.Choose(0, 3)
        from names in Gen.Shuffle<string>(["id", "name", "size", "weight", "open"])
        from directions in Gen.Elements(true, false).ListOf(count)
        select names.Take(count).Zip(directions, static (name, down) => new SortBy(name, down)).ToArray();

    private static readonly Gen<FilterBy> AnyFilter = Gen.OneOf(
        from text in Gen.Elements("", "a", "A", "B", "%", "_", @"\", "\U0001f600")
        from how in Gen.Elements(FilterOperator.Equal, FilterOperator.NotEqual, FilterOperator.Less, FilterOperator.GreaterOrEqual, FilterOperator.StartsWith, FilterOperator.Contains)
        select new FilterBy("name", how, text),
        from isNull in Gen.Elements(true, false) select new FilterBy("name", FilterOperator.IsNull, isNull),
        from texts in Gen.Elements("a", "A", "\uffee").ListOf() select new FilterBy("name", FilterOperator.In, texts.ToArray()),
        from size in Gen.Choose(-1, 1)
        from how in Gen.Elements(FilterOperator.Equal, FilterOperator.NotEqual, FilterOperator.Less, FilterOperator.LessOrEqual, FilterOperator.Greater, FilterOperator.GreaterOrEqual)
        select new FilterBy("size", how, size),
        from open in Gen.Elements(true, false) select new FilterBy("open", FilterOperator.Equal, open));

    private static readonly Gen<Question> AnyQuestion =
        from rows in AnyRow.ListOf()
        from inMemory in Gen.Elements(true, false).ListOf(rows.Count)
        from sort in AnySort
        from filters in Gen.Frequency((2, Gen.Constant<FilterBy[]>([])), (3, AnyFilter.Select(static filter => new[] { filter })))
        from size in Gen.Choose(1, 4)
        select new Question([.. rows.Select(static (row, index) => row with { Id = (index * 7919 % 1_000).ToString("000", CultureInfo.InvariantCulture) })], [.. inMemory], sort, filters, size);

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task AllWays_AnyRowsInMemory_AreAsIfAllWereStored(DatabaseProvider provider)
    {
        await using var test = await CreateAsync(provider);

        Prop.ForAll(AnyQuestion.ToArbitrary(), question => IsAsIfAllWereStoredAsync(test, question).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    [Fact]
    public async Task NumberedPageAsync_BeyondTheEnd_IsEmptyAndCountsBoth()
    {
        await using var test = await CreateAsync(DatabaseProvider.Sqlite);
        await FillAsync(test, [new("1", "a", 0, null, false)]);

        var page = await Mixed.NumberedPageAsync(test.Database, [new("2", "b", 0, null, false), new("3", "c", 1, null, false)], new ListRequest(), 9, 5);

        Assert.Equal((0, 3L), (page.Items.Count, page.Total));
    }

    [Fact]
    public async Task Request_ThatTheListDoesNotHave_IsRefused()
    {
        await using var test = await CreateAsync(DatabaseProvider.Sqlite);
        var request = new ListRequest { Sort = [new SortBy("password")] };
        Row[] others = [new("1", "a", 0, null, false)];

        await Assert.ThrowsAsync<ArgumentException>(() => Mixed.PageAsync(test.Database, others, request, null, 5));
        await Assert.ThrowsAsync<ArgumentException>(() => Mixed.NumberedPageAsync(test.Database, others, request, 1, 5));
        Assert.Throws<ArgumentException>(() => Mixed.StreamAsync(test.Database, others, request));
        await Assert.ThrowsAsync<FormatException>(() => Mixed.PageAsync(test.Database, others, new ListRequest(), """["name,",1,"x"]""", 5));
    }

    private static async Task<bool> IsAsIfAllWereStoredAsync(TestDatabase test, Question question)
    {
        var request = new ListRequest { Sort = question.Sort, Filters = question.Filters };
        await FillAsync(test, question.Rows);
        var expected = await Stored.StreamAsync(test.Database, request).ToListAsync();

        var others = question.Rows.Where((_, index) => question.InMemory[index]).ToList();
        await FillAsync(test, question.Rows.Except(others));
        var streamed = await Mixed.StreamAsync(test.Database, others, request).ToListAsync();
        var paged = new List<Row>();
        string? after = null;
        do
        {
            var page = await Mixed.PageAsync(test.Database, others, request, after, question.Size);
            if (page.HasNext && page.Items.Count != question.Size)
            {
                return false;
            }

            paged.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        var numbered = new List<Row>();
        for (var number = 1; (number - 1) * question.Size < expected.Count; number++)
        {
            var page = await Mixed.NumberedPageAsync(test.Database, others, request, number, question.Size);
            numbered.AddRange(page.Items);
            if (page.Total != expected.Count)
            {
                return false;
            }
        }

        return expected.SequenceEqual(streamed) && expected.SequenceEqual(paged) && expected.SequenceEqual(numbered);
    }

    private static Task FillAsync(TestDatabase test, IEnumerable<Row> rows) => test.Database.WriteAsync(async (unit, token) =>
    {
        await unit.ExecuteAsync("DELETE FROM rows", null, token);
        await unit.ExecuteAsync("INSERT INTO rows (id, name, size, weight, is_open) VALUES (@Id, @Name, @Size, @Weight, @IsOpen)", rows, token);
    });

    private static async Task<TestDatabase> CreateAsync(DatabaseProvider provider)
    {
        var test = await TestDatabase.CreateAsync(provider);
        await test.Migrator.UpAsync();
        await test.Database.ExecuteAsync(
            "CREATE TABLE rows (id ordinal_text PRIMARY KEY, name ordinal_text, size bigint NOT NULL, weight double precision, is_open boolean NOT NULL)");
        return test;
    }

    private sealed record Row(string Id, string? Name, long Size, double? Weight, bool IsOpen);

    private sealed record Question(Row[] Rows, bool[] InMemory, SortBy[] Sort, FilterBy[] Filters, int Size);
}
