using System.Text;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>C3, F9, G2: exports and imports that are begun on the console's page of jobs.</summary>
public sealed class TransferPageTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task Export_RefusedThenCorrected_IsDownloadedFromItsRow()
    {
        var room = RoomNames.Next();
        Assert.Equal(201, (await Causeway.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""")).Status);
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = ColorScheme.Dark, ViewportSize = new() { Width = 360, Height = 740 } });
        var page = await OpenAsync(context);
        await page.GetByTestId("export-create").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#field-list").SelectOptionAsync("rooms");
        var query = page.Locator("#field-query");
        await query.FillAsync("colour=red");
        await page.Keyboard.PressAsync("Enter");

        // What is wrong stands beside the field, which has the focus.
        await Expect(page.GetByTestId("refusal-query")).ToContainTextAsync("'colour' is not known here");
        await Expect(query).ToBeFocusedAsync();
        await Expect(query).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(query).ToHaveAttributeAsync("aria-describedby", "field-query-hint field-query-refusal");
        var result = await page.RunAxe();
        Assert.Empty(result.Violations.Select(static violation => $"{violation.Id}: {violation.Help}"));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));

        await query.FillAsync($"name.contains={room}");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByTestId("refusal-query")).ToContainTextAsync("'name.contains' is not known here");
        await query.FillAsync("permanent=true");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByTestId("export-dialog")).ToHaveCountAsync(0);
        var row = page.GetByTestId("jobs-table").GetByRole(AriaRole.Row, new() { NameString = "export.file" });
        await Expect(row).ToContainTextAsync("Succeeded");
        await Expect(row.GetByTestId("job-replay")).ToBeHiddenAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => row.GetByTestId("job-result").ClickAsync());

        Assert.Equal("rooms.csv", download.SuggestedFilename);
        Assert.Contains(room, await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // A file that is deleted is not there any more.
        var files = await Causeway.GetAsync("/api/v1/files?name=rooms.csv");
        Assert.Equal(204, (await Causeway.SendAsync(HttpMethod.Delete, "/api/v1/files/" + files.Json.GetProperty("items")[0].GetProperty("id").GetString())).Status);
        await row.GetByTestId("job-result").ClickAsync();
        await Expect(page.GetByText("It is gone, or somebody else’s")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Import_CheckedThenDone_ItsRowHasTheReport()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context);
        var rows = page.GetByTestId("jobs-table").GetByRole(AriaRole.Row, new() { NameString = "import.file" });
        await ChooseAsync(page, room);
        await page.GetByTestId("field-dry_run").CheckAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        var report = page.GetByTestId("report-dialog");
        await rows.GetByTestId("job-result").ClickAsync();
        await Expect(report).ToContainTextAsync("Checked: 2 read, 1 created");
        await Expect(report.GetByRole(AriaRole.Row, new() { NameString = "room_id" })).ToContainTextAsync("3");
        Assert.Equal(404, (await Causeway.GetAsync("/api/v1/rooms/" + room)).Status);
        await page.Keyboard.PressAsync("Escape");
        await rows.GetByTestId("job-discard").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(rows).ToHaveCountAsync(0);

        await ChooseAsync(page, room);
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await rows.GetByTestId("job-result").ClickAsync();

        await Expect(report).ToContainTextAsync("Imported: 2 read, 1 created");
        Assert.Equal(200, (await Causeway.GetAsync("/api/v1/rooms/" + room)).Status);
    }

    [Fact]
    public async Task Import_RefusedAndCancelled_SendsTheFileOnceAndLeavesNone()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context);
        var sent = 0;
        page.Request += (_, request) => sent += request.Method == "POST" && request.Url.EndsWith("/api/v1/files", StringComparison.Ordinal) ? 1 : 0;
        await ChooseAsync(page, room);
        foreach (var unknown in new[] { "colour", "shape" })
        {
            await page.Locator("#field-query").FillAsync(unknown + "=1");
            await page.GetByTestId("dialog-confirm").ClickAsync();
            await Expect(page.GetByTestId("refusal-query")).ToContainTextAsync($"'{unknown}' is not known here");
        }

        Assert.Equal((1, 1), (sent, await FilesAsync(room)));
        await page.GetByTestId("dialog-cancel").ClickAsync();

        await Testing.Eventually.Equal(0, () => FilesAsync(room));
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    /// <summary>Opens the dialog and chooses a file of two rooms, one of them with a name that none can have.</summary>
    private static async Task ChooseAsync(IPage page, string room)
    {
        await page.GetByTestId("import-create").ClickAsync();
        await page.Locator("#field-list").SelectOptionAsync("rooms");
        await page.Locator("#field-file_id").SetInputFilesAsync(
            new FilePayload { Name = room + ".csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes($"room_id,title\n{room},One\nnot a name,Two\n") });
    }

    private async Task<IPage> OpenAsync(IBrowserContext context)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(Causeway.Address, "/#/jobs").ToString());
        await Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting");
        return page;
    }

    private async Task<int> FilesAsync(string room) =>
        (await Causeway.GetAsync($"/api/v1/files?name={room}.csv")).Json.GetProperty("items").GetArrayLength();
}
