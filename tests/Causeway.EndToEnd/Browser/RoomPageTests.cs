using System.Text;
using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>G2, D3: stored rooms in the console.</summary>
public sealed class RoomPageTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    [Fact]
    public async Task Room_CreatedWithRules_EditedAndOpenedToAUser()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, "/#/rooms").ToString());
        await page.GetByTestId("room-create").ClickAsync();
        await page.Locator("#field-room_id").FillAsync(room);
        await page.Locator("#field-title").FillAsync("Daily news");
        await page.Locator("#field-join").SelectOptionAsync("members");
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(page.GetByTestId("rooms-table")).ToContainTextAsync(room, new() { Timeout = ChromiumFixture.LimitMilliseconds });

        await page.GotoAsync(new Uri(server.Causeway.Address, $"/#/rooms/{room}").ToString());
        await page.GetByTestId("allow-user").ClickAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await page.Locator("#field-user").FillAsync("ada");
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(page.GetByTestId("room-allowed")).ToContainTextAsync("ada", new() { Timeout = ChromiumFixture.LimitMilliseconds });

        await page.GetByTestId("room-edit").ClickAsync();
        await Expect(page.Locator("#field-join")).ToHaveValueAsync("members", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await page.Locator("#field-history").FillAsync("500");
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(page.GetByTestId("room-edit-dialog")).ToBeHiddenAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });

        var settings = (await server.Causeway.GetAsync($"/api/v1/rooms/{room}")).Json.GetProperty("settings");
        Assert.Equal("members", settings.GetProperty("join").GetString());
        Assert.Equal(500, settings.GetProperty("history").GetInt32());
    }

    [Fact]
    public async Task Rooms_SearchedFilteredSortedAndExported_AreWhatTheFileHas()
    {
        var prefix = RoomNames.Next();
        await server.Causeway.PublishAsync($"{prefix}-passing", "t", "{}");
        foreach (var (name, title) in ((string, string)[])[("b", "Beta"), ("a", "Alpha <i>"), ("c", "Gamma")])
        {
            Assert.Equal(201, (await server.Causeway.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{prefix}}-{{name}}","title":"{{title}}"}""")).Status);
        }

        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, "/#/rooms").ToString());
        await page.GetByTestId("rooms-table-search").FillAsync(prefix.ToUpperInvariant());
        await ShowsAsync(page, "a", "b", "c", "passing");
        await page.GetByTestId("rooms-table-permanent").SelectOptionAsync("true");
        await ShowsAsync(page, "a", "b", "c");
        await page.GetByTestId("rooms-table").GetByRole(AriaRole.Button, new() { Name = "Created" }).ClickAsync();
        await ShowsAsync(page, "b", "a", "c");
        await page.GetByTestId("rooms-table").GetByRole(AriaRole.Button, new() { Name = "Created" }).ClickAsync();
        await ShowsAsync(page, "c", "a", "b");

        // What is shown is in the address, and comes back with it.
        await page.ReloadAsync();
        await ShowsAsync(page, "c", "a", "b");
        await Expect(page.GetByTestId("rooms-table")).ToContainTextAsync("Alpha <i>");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByTestId("rooms-export").ClickAsync());
        var lines = await File.ReadAllLinesAsync(await download.PathAsync(), TestContext.Current.CancellationToken);

        Assert.Equal("rooms.csv", download.SuggestedFilename);
        Assert.Equal([$"{prefix}-c", $"{prefix}-a", $"{prefix}-b"], lines.Skip(1).Select(static line => line.Split(',')[0]));

        Task ShowsAsync(IPage shown, params string[] names) => Assertions.Expect(shown.GetByTestId("room-link"))
            .ToHaveTextAsync([.. names.Select(name => $"{prefix}-{name}")], new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Fact]
    public async Task Rooms_Imported_TellsTheLinesAndShowsTheRooms()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, $"/#/rooms?q={room}").ToString());
        await page.GetByTestId("rooms-import").ClickAsync();
        await page.GetByTestId("import-file").SetInputFilesAsync(new FilePayload
        {
            Name = "rooms.csv",
            MimeType = "text/csv",
            Buffer = Encoding.UTF8.GetBytes($"room_id,title,join\n{room},Imported,members\n{room}.x,,nobody\n"),
        });
        await page.GetByTestId("import-dry").CheckAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(page.GetByTestId("import-report")).ToContainTextAsync("Checked: 2 read, 1 created", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        Assert.Equal(404, (await server.Causeway.GetAsync($"/api/v1/rooms/{room}")).Status);

        await page.GetByTestId("import-dry").UncheckAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();

        await Expect(page.GetByTestId("import-report")).ToContainTextAsync("Imported: 2 read, 1 created", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Expect(page.GetByTestId("import-report").GetByRole(AriaRole.Row, new() { Name = "3 join" })).ToContainTextAsync("Must be one of anyone");
        await Expect(page.GetByTestId("rooms-table")).ToContainTextAsync("Imported · stored", new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Theory]
    [InlineData(ColorScheme.Dark, 1400)]
    [InlineData(ColorScheme.Light, 360)]
    public async Task Rooms_CheckedByAxe_HaveNoViolationAndFit(ColorScheme scheme, int width)
    {
        await server.Causeway.PostAsync("/api/v1/rooms", """{"room_id":"news:a-rather-long-name.of-a-room.that-people-gave-it","title":"What happens in the world, told as it happens"}""");
        await server.Causeway.PublishAsync("lobby", "t", "{}");
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, "/#/rooms").ToString());
        await Expect(page.GetByTestId("room-link").First).ToBeVisibleAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting", new() { Timeout = ChromiumFixture.LimitMilliseconds });

        var result = await page.RunAxe();
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(static v => v.Id + ": " + string.Join(' ', v.Nodes.Select(static n => n.Html)))));
        Assert.True(overflow <= 0, $"{overflow} px wider than the screen.");
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
