using System.Text;
using Causeway.Testing;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>G2, C4: files in the console.</summary>
public sealed class FilePageTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    [Fact]
    public async Task Files_UploadedDownloadedPostedRenamedDeleted()
    {
        var room = RoomNames.Next();
        var name = $"{room} notes.txt";
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, "/#/files").ToString());
        await page.GetByTestId("file-input").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "text/plain", Buffer = Encoding.UTF8.GetBytes("what was said") });
        var row = page.GetByTestId("files-table").GetByRole(AriaRole.Row, new() { NameString = room });
        await Expect(row).ToContainTextAsync(name, new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Expect(page.GetByTestId("upload")).ToHaveCountAsync(0);

        var download = await page.RunAndWaitForDownloadAsync(() => row.GetByTestId("file-link").ClickAsync());
        Assert.Equal("what was said", await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken));

        await using var member = await server.Causeway.ConnectAsync();
        await member.RequestAsync("join_room", null, room);
        await row.GetByTestId("file-post").ClickAsync();
        await page.Locator("#field-room").FillAsync(room);
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Eventually.True(() => member.Log.Any(message => message.Type == "file" && message.Payload.GetProperty("name").GetString() == name));

        await row.GetByTestId("file-rename").ClickAsync();
        await page.Locator("#field-name").FillAsync($"{room} renamed.txt");
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToContainTextAsync("renamed.txt", new() { Timeout = ChromiumFixture.LimitMilliseconds });

        await row.GetByTestId("file-delete").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToHaveCountAsync(0, new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
