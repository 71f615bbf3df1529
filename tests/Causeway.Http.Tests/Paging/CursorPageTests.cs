using System.Net;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>F7: lists come in pages with signed cursors and a capped size.</summary>
public sealed class CursorPageTests : IAsyncLifetime
{
    private static readonly CursorProtector Protector = new(new byte[32]);
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapGet("/numbers", static (PageRequest page) => CursorPage.From(Numbers(250), static n => n, page, "numbers"));
            app.MapGet("/others", static (PageRequest page) => CursorPage.From(Numbers(250), static n => n, page, "others"));
        },
        static builder => builder.Services.AddApiErrors().AddApiJson().AddCursors());

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("", 20)]
    [InlineData("?limit=1", 1)]
    [InlineData("?limit=100", 100)]
    [InlineData("?cursor=", 20)]
    public async Task BindAsync_Limit_IsTheNumberOfItems(string query, int count)
    {
        var page = await PageAsync($"/numbers{query}");

        Assert.Equal(["items", "next_cursor", "has_next"], page.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(Numbers(250).Take(count), page.GetProperty("items").EnumerateArray().Select(static item => item.GetString()!));
        Assert.True(page.GetProperty("has_next").GetBoolean());
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=101", "limit")]
    [InlineData("?limit=-1", "limit")]
    [InlineData("?limit=1.5", "limit")]
    [InlineData("?limit=", "limit")]
    [InlineData("?limit=99999999999999", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?cursor=a&cursor=b", "cursor")]
    [InlineData("?cursor=nonsense", "cursor")]
    [InlineData("?cursor=%F0%9F%98%80", "cursor")]
    public async Task BindAsync_OutOfRange_NamesTheField(string query, string field)
    {
        var error = await HttpAssert.IsErrorAsync(await _server.GetAsync($"/numbers{query}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.True(error.GetProperty("details").GetProperty("fields").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task From_CursorOfAnotherList_IsRefused()
    {
        var cursor = (await PageAsync("/numbers")).GetProperty("next_cursor").GetString();

        await PageAsync($"/numbers?cursor={cursor}");
        await HttpAssert.IsErrorAsync(await _server.GetAsync($"/others?cursor={cursor}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task From_WalkedOverHttp_EndsWithoutACursor()
    {
        var seen = new List<string>();
        var path = "/numbers?limit=100";
        while (true)
        {
            var page = await PageAsync(path);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(static item => item.GetString()!));
            if (!page.GetProperty("has_next").GetBoolean())
            {
                Assert.Equal(System.Text.Json.JsonValueKind.Null, page.GetProperty("next_cursor").ValueKind);
                break;
            }

            path = $"/numbers?limit=100&cursor={page.GetProperty("next_cursor").GetString()}";
        }

        Assert.Equal(Numbers(250), seen);
    }

    [Fact]
    public void From_ListOutOfOrder_IsTheCallersFault()
    {
        Assert.Throws<ArgumentException>(() => CursorPage.From(["b", "a"], static s => s, new PageRequest(Protector), "list"));
        Assert.Throws<ArgumentException>(() => CursorPage.From(["a", "a"], static s => s, new PageRequest(Protector), "list"));
    }

    [Fact]
    public void From_AnyList_IsCoveredOnceAndInOrderWhateverComesAndGoes() => Prop.ForAll<NonNull<string>[], PositiveInt, NonNull<string>[]>(
        static (keys, limit, others) =>
        {
            // Lone surrogates are no text and can't be keys.
            var all = keys.Select(static k => k.Get).Where(IsText).Distinct().Order(StringComparer.Ordinal).ToArray();
            var foreign = others.Select(static k => k.Get).Where(IsText).Except(all).ToArray();
            var size = ((limit.Get - 1) % 7) + 1;
            var seen = new List<string>();
            string? cursor = null;
            var round = 0;
            do
            {
                // Other items come and go between the pages; those of the list stay.
                var list = all.Concat(foreign.Where((_, i) => (i + round) % 2 == 0)).Order(StringComparer.Ordinal);
                var page = CursorPage.From(list, static s => s, new PageRequest(Protector, cursor, size), "list");
                Assert.True(page.Items.Count <= size && page.HasNext == page.NextCursor is not null && (!page.HasNext || page.Items.Count == size));
                seen.AddRange(page.Items);
                cursor = page.NextCursor;
                Assert.True(++round <= all.Length + foreign.Length + 1, "The pages do not come to an end.");
            }
            while (cursor is not null);

            Assert.Equal(all, seen.Where(all.Contains));
            Assert.Equal(seen.Distinct().Order(StringComparer.Ordinal), seen);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryUnprotect_AnyChange_IsRefused()
    {
        var cursor = Protector.Protect("list", "some-key");
        for (var i = 0; i < cursor.Length; i++)
        {
            foreach (var other in "AB_-9")
            {
                var changed = cursor[..i] + other + cursor[(i + 1)..];
                Assert.Equal(changed == cursor, Protector.TryUnprotect("list", changed, out _));
            }

            Assert.False(Protector.TryUnprotect("list", cursor[..i], out _));
        }

        Assert.False(Protector.TryUnprotect("list", cursor + "A", out _));
        Assert.False(new CursorProtector(Enumerable.Repeat((byte)1, 32).ToArray()).TryUnprotect("list", cursor, out _));
    }

    [Fact]
    public void SignWith_AnotherKey_SignsWithItAndTakesWhatWasSignedBefore()
    {
        var own = Enumerable.Repeat((byte)1, 32).ToArray();
        var (node, other) = (new CursorProtector(new byte[32]), new CursorProtector(own));
        var before = node.Protect("list", "a");

        node.SignWith(own);
        node.SignWith(own);

        Assert.True(node.TryUnprotect("list", before, out var key) && key == "a");
        Assert.True(other.TryUnprotect("list", node.Protect("list", "b"), out key) && key == "b");
        Assert.True(node.TryUnprotect("list", other.Protect("list", "c"), out key) && key == "c");
        Assert.Throws<ArgumentOutOfRangeException>(() => node.SignWith(new byte[31]));
    }

    [Fact]
    public void TryUnprotect_AnyText_NeverThrows() => Prop.ForAll<string>(
        static text => !Protector.TryUnprotect("list", text ?? "", out _)).QuickCheckThrowOnFailure();

    [Fact]
    public void Protect_AnyKeyAndList_ComesBackForThatListAlone() => Prop.ForAll<NonEmptyString, NonNull<string>>(static (list, key) =>
    {
        if (!IsText(key.Get) || !IsText(list.Get))
        {
            return;
        }

        var cursor = Protector.Protect(list.Get, key.Get);
        Assert.True(Protector.TryUnprotect(list.Get, cursor, out var back));
        Assert.Equal(key.Get, back);
        Assert.False(Protector.TryUnprotect(list.Get + key.Get + "x", cursor, out _));
    }).QuickCheckThrowOnFailure();

    private static bool IsText(string text) => !text.EnumerateRunes().Any(static rune => rune == System.Text.Rune.ReplacementChar);

    private static IEnumerable<string> Numbers(int count) => Enumerable.Range(1, count).Select(static n => $"{n:D4}");

    private async Task<System.Text.Json.JsonElement> PageAsync(string path)
    {
        var response = await _server.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return System.Text.Json.JsonElement.Parse(await response.TextAsync());
    }
}
