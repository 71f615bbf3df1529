using Causeway.Testing;
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

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
