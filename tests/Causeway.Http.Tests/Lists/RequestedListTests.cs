using System.Net;
using System.Text.Json;

namespace Causeway.Http.Tests;

/// <summary>F7: order, filters and pages come from an allow-list; a cursor is of one list, one order and one set of filters.</summary>
public sealed class RequestedListTests : IAsyncLifetime
{
    private static readonly ListSchema Schema = new(
        "things",
        "-created_at",
        ListField.Text("name"),
        ListField.Number("size"),
        ListField.Boolean("disabled") with { Sortable = false },
        ListField.Time("created_at"),
        ListField.Time("seen_at") with { Nullable = true },
        ListField.Choice("state", "open", "closed"),
        ListField.Text("kind") with { IgnoresCase = true },
        ListField.Search("q"))
    {
        OtherParameters = ["own"],
    };

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapGet("/things", Describe).WithList(Schema);
            app.MapGet("/boxes/{box}/things", Describe).WithList(Schema);
            app.MapGet("/things/export.csv", static (RequestedList list, ExportRequest export) => new { list.Filters.Count, export.Csv.ByteOrderMark }).WithExport(Schema);
            app.MapGet("/things/at", static (RequestedList list) => new { key = list.ReadCursor() }).WithList(Schema);
        },
        static builder => builder.Services.AddApiErrors().AddApiJson().AddCursors());

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("", "-created_at")]
    [InlineData("?sort=", "-created_at")]
    [InlineData("?sort=name", "name")]
    [InlineData("?sort=-size,name,created_at", "-size,name,created_at")]
    public async Task BindAsync_Sort_IsTheAllowListsOrDefault(string query, string sort)
    {
        var list = await ReadAsync($"/things{query}");

        Assert.Equal(sort, list.GetProperty("sort").GetString());
    }

    [Theory]
    [InlineData("?name=a", "name:1:a")]
    [InlineData("?name=b&name=a&name=b", "name:1:a|b")]
    [InlineData("?name.contains=%25_", "name:4:%_")]
    [InlineData("?size.gte=-5&size.lt=10", "size:16:10;size:128:-5")]
    [InlineData("?disabled=true", "disabled:1:True")]
    [InlineData("?created_at.gt=2026-01-31", "created_at:64:2026-01-31T00:00:00.0000000+00:00")]
    [InlineData("?created_at.gt=2026-01-31T10:00:00%2B02:00", "created_at:64:2026-01-31T08:00:00.0000000+00:00")]
    [InlineData("?created_at.lte=2026-01-31T10:00:00.123Z", "created_at:32:2026-01-31T10:00:00.1230000+00:00")]
    [InlineData("?seen_at.null=true", "seen_at:256:True")]
    [InlineData("?state.not=open", "state:2:open")]
    [InlineData("?kind=Big&kind=BIG&kind.not=Small", "kind:1:big;kind:2:small")]
    [InlineData("?q=Some%20text", "q:4:Some text")]
    [InlineData("?own=whatever", "")]
    public async Task BindAsync_Filter_BecomesPlainValues(string query, string filters)
    {
        var list = await ReadAsync($"/things{query}");

        Assert.Equal(filters, list.GetProperty("filters").GetString());
    }

    [Theory]
    [InlineData("?sort=password", "sort", "name, size, created_at")]
    [InlineData("?sort=disabled", "sort", "name, size, created_at")]
    [InlineData("?sort=name,", "sort", "name, size, created_at")]
    [InlineData("?sort=--name", "sort", "name, size, created_at")]
    [InlineData("?sort=name,-name", "sort", "twice")]
    [InlineData("?sort=name&sort=size", "sort", "once")]
    [InlineData("?sort=name,size,created_at,state", "sort", "at most 3")]
    [InlineData("?password=x", "password", "name.contains")]
    [InlineData("?NAME=x", "NAME", "the filters are")]
    [InlineData("?name.gte=x", "name.gte", "the filters are")]
    [InlineData("?name.=x", "name.", "the filters are")]
    [InlineData("?sort=q", "sort", "name, size, created_at")]
    [InlineData("?q.contains=x", "q.contains", "kind.prefix, q")]
    [InlineData("?q=a&q=b", "q", "once")]
    [InlineData("?created_at=2026-01-01", "created_at", "created_at.gte")]
    [InlineData("?created_at.gte=2026-01-01T00:00:00", "created_at.gte", "offset")]
    [InlineData("?created_at.gte=yesterday", "created_at.gte", "offset")]
    [InlineData("?created_at.gte=2026-02-30", "created_at.gte", "offset")]
    [InlineData("?name.null=true", "name.null", "the filters are")]
    [InlineData("?seen_at.null=1", "seen_at.null", "true or false")]
    [InlineData("?size=1.5", "size", "whole number")]
    [InlineData("?size=99999999999999999999", "size", "whole number")]
    [InlineData("?size.gt=1&size.gt=2", "size.gt", "once")]
    [InlineData("?disabled=yes", "disabled", "true or false")]
    [InlineData("?state=ajar", "state", "open, closed")]
    [InlineData("?name=%00", "name", "NUL")]
    [InlineData("?bom=true", "bom", "not known")]
    [InlineData("?limit=0", "limit", "1 to 100")]
    [InlineData("?limit=101", "limit", "1 to 100")]
    [InlineData("?page=0", "page", "from 1")]
    [InlineData("?page=1&page=2", "page", "from 1")]
    [InlineData("?page_size=101", "page_size", "1 to 100")]
    [InlineData("?page=2&limit=5", "limit", "one way")]
    [InlineData("?page=2&cursor=abc", "cursor", "one way")]
    [InlineData("?page=502&page_size=20", "page", "too deep")]
    [InlineData("?page=2147483647&page_size=100", "page", "too deep")]
    public async Task BindAsync_WhatTheListDoesNotHave_IsNamedWithWhatItHas(string query, string parameter, string said)
    {
        var error = await HttpAssert.IsErrorAsync(await _server.GetAsync($"/things{query}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.Contains(said, error.GetProperty("details").GetProperty("fields").GetProperty(parameter).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BindAsync_SeveralThingsWrong_NamesThemAll()
    {
        var error = await HttpAssert.IsErrorAsync(
            await _server.GetAsync("/things?sort=x&foo=1&size=a&limit=0"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.Equal(["foo", "limit", "size", "sort"], error.GetProperty("details").GetProperty("fields").EnumerateObject().Select(static f => f.Name).Order());
    }

    [Fact]
    public async Task BindAsync_TooLongOrTooManyValues_AreRefused()
    {
        var text = new string('x', ListSchema.MaxTextLength);
        await ReadAsync($"/things?name={text}");
        await HttpAssert.IsErrorAsync(await _server.GetAsync($"/things?name={text}x"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
        var many = string.Join('&', Enumerable.Range(0, ListSchema.MaxFilterValues + 1).Select(static i => $"size={i}"));
        await HttpAssert.IsErrorAsync(await _server.GetAsync($"/things?{many}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
    }

    [Theory]
    [InlineData("?page=1", 1, 20, 0)]
    [InlineData("?page_size=7", 1, 7, 0)]
    [InlineData("?page=501", 501, 20, 10_000)]
    [InlineData("?page=101&page_size=100", 101, 100, 10_000)]
    public async Task BindAsync_PageByNumber_SaysWhereItBegins(string query, int page, int size, int offset)
    {
        var list = await ReadAsync($"/things{query}");

        Assert.Equal((page, size, offset), (list.GetProperty("page").GetInt32(), list.GetProperty("size").GetInt32(), list.GetProperty("offset").GetInt32()));
    }

    [Fact]
    public async Task ReadCursor_SameListOrderAndFilters_GivesTheKeyBack()
    {
        var cursor = await CursorAsync("/things?size.gt=1&name=b&name=a");

        // Neither the order of parameters nor that of values makes another list of it.
        await ReadAsync($"/things?name=a&name=b&size.gt=1&cursor={cursor}");
        var key = (await ReadAsync($"/things/at?name=a&name=b&size.gt=1&cursor={await CursorAsync("/things/at?name=a&name=b&size.gt=1", "/things")}")).GetProperty("key");
        Assert.Equal("""[12,null,"id-1"]""", key.GetString());
    }

    [Theory]
    [InlineData("/things?sort=name")]
    [InlineData("/things?sort=created_at")]
    [InlineData("/things?size.gt=2&name=a&name=b")]
    [InlineData("/things?size.gte=1&name=a&name=b")]
    [InlineData("/things?size.gt=1&name=ab")]
    [InlineData("/things?size.gt=1&name.not=a&name.not=b")]
    [InlineData("/things?size.gt=1")]
    [InlineData("/things?size.gt=1&name=a&name=b&own=x")]
    [InlineData("/things?size.gt=1&name=a&name=b&q=x")]
    [InlineData("/boxes/1/things?size.gt=1&name=a&name=b")]
    public async Task ReadCursor_AnotherOrderFilterOrPath_IsRefused(string other)
    {
        var cursor = await CursorAsync("/things?size.gt=1&name=a&name=b");

        var error = await HttpAssert.IsErrorAsync(
            await _server.GetAsync($"{other}{(other.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={cursor}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.True(error.GetProperty("details").GetProperty("fields").TryGetProperty("cursor", out _));
    }

    [Fact]
    public async Task ReadCursor_OfPathsThatLookAlike_AreApart()
    {
        var cursor = await CursorAsync("/boxes/1/things");

        await HttpAssert.IsErrorAsync(await _server.GetAsync($"/boxes/11/things?cursor={cursor}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
        await ReadAsync($"/boxes/1/things?cursor={cursor}");
    }

    [Theory]
    [InlineData("?cursor=x")]
    [InlineData("?page=1")]
    [InlineData("?limit=5")]
    [InlineData("?bom=maybe")]
    [InlineData("?formulas=run")]
    [InlineData("?bom=true&bom=true")]
    public async Task BindAsync_ExportWithAPageOrNonsense_IsRefused(string query) =>
        await HttpAssert.IsErrorAsync(await _server.GetAsync($"/things/export.csv{query}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

    [Fact]
    public async Task BindAsync_Export_TakesFiltersAndItsOwnParameters()
    {
        var answer = await ReadAsync("/things/export.csv?bom=true&formulas=keep&name=a&sort=name");

        Assert.Equal("""{"count":1,"byte_order_mark":true}""", answer.GetRawText());
    }

    [Theory]
    [InlineData("name", "name")]
    [InlineData("cursor", "x")]
    [InlineData("a.b", "x")]
    [InlineData("bom", "x")]
    public void ListSchema_FieldTwiceOrReserved_IsTheCallersFault(string first, string second) =>
        Assert.Throws<ArgumentException>(() => new ListSchema("list", first, ListField.Text(first), ListField.Text(second)));

    [Fact]
    public void ListSchema_DefaultOrderThatIsNone_IsTheCallersFault() =>
        Assert.Throws<ArgumentException>(static () => new ListSchema("list", "age", ListField.Text("name")));

    private static object Describe(RequestedList list)
    {
        _ = list.ReadCursor();
        return new
        {
            sort = string.Join(',', list.Sort),
            filters = string.Join(';', list.Filters.Select(static f => $"{f.Field}:{(int)f.Operator}:{string.Join('|', f.Values.Select(static v => v is DateTimeOffset t ? t.ToString("O") : v.ToString()))}")),
            list.Page,
            list.Size,
            list.Offset,
            cursor = list.WriteCursor("[12,null,\"id-1\"]"),
        };
    }

    private async Task<JsonElement> ReadAsync(string path)
    {
        var response = await _server.GetAsync(path);
        var text = await response.TextAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private async Task<string> CursorAsync(string path, string? instead = null) =>
        (await ReadAsync(instead is null ? path : path.Replace("/things/at", instead, StringComparison.Ordinal))).GetProperty("cursor").GetString()!;
}
