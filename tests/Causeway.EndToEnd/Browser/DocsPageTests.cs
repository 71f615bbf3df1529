using System.Text.RegularExpressions;
using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>F6: the page that reads and tries the HTTP and the live description.</summary>
public sealed class DocsPageTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    [Fact]
    public async Task Http_OperationFilteredAndSent_ShowsTheAnswer()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var (page, complaints) = await OpenAsync(context, "/docs");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("create room");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("operation")).ToContainTextAsync("rooms:write");

        await page.GetByTestId("try-body").FillAsync($$"""{"room_id":"{{room}}"}""");
        await page.GetByTestId("try-send").ClickAsync();

        await Assertions.Expect(page.GetByTestId("try-status")).ToHaveTextAsync(new Regex("^201 "));
        await Assertions.Expect(page.GetByTestId("try-answer")).ToContainTextAsync(room);
        await page.GetByTestId("try-body").FillAsync("""{"room_id":"no spaces"}""");
        await page.Keyboard.PressAsync("Control+Enter");
        await Assertions.Expect(page.GetByTestId("try-status")).ToHaveTextAsync(new Regex("^422 "));
        Assert.DoesNotContain(complaints, static text => !text.Contains("422", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Live_ConnectJoinSend_ShowsEveryFrame()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var (page, complaints) = await OpenAsync(context, "/docs#/live");
        await page.GetByTestId("line-connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("line-state")).ToHaveTextAsync("Connected.");
        await page.GetByTestId("line-text").FillAsync($$"""{"type":"join_room","ref":"1","room_id":"{{room}}"}""");
        await page.GetByTestId("line-send").ClickAsync();
        await page.GetByTestId("line-rooms").FillAsync(room);
        await page.GetByTestId("line-stream").ClickAsync();
        await Assertions.Expect(page.Locator("[data-kind=event]")).ToHaveCountAsync(1);

        await page.GetByTestId("line-pick").SelectOptionAsync("publish");
        await page.GetByTestId("line-text").FillAsync($$$"""{"type":"chat","ref":"2","room_id":"{{{room}}}","payload":{"text":"<b>hello</b>"}}""");
        await page.GetByTestId("line-send").ClickAsync();

        await Assertions.Expect(page.Locator("[data-kind=in]", new() { HasTextString = "<b>hello</b>" })).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("[data-kind=event]", new() { HasTextString = "<b>hello</b>" })).ToHaveCountAsync(1);
        await page.GetByTestId("line-connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("line-state")).ToHaveTextAsync(new Regex("^Closed with 1000"));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Live_Refused_SaysWhy()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, "/docs#/live").ToString());
        await page.GetByTestId("line-connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("line-state")).ToContainTextAsync("UNAUTHORIZED");

        await page.GetByTestId("docs-access").ClickAsync();
        await page.GetByTestId("docs-token").FillAsync(causeway.AdminToken);
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("line-connect").ClickAsync();

        await Assertions.Expect(page.GetByTestId("line-state")).ToHaveTextAsync("Connected.");
    }

    [Theory]
    [InlineData("/docs", ColorScheme.Light, 1280)]
    [InlineData("/docs#/http/createRoom", ColorScheme.Dark, 1280)]
    [InlineData("/docs#/live", ColorScheme.Dark, 360)]
    [InlineData("/docs#/live/live/send_join_room", ColorScheme.Dark, 1280)]
    public async Task Page_CheckedByAxe_HasNoViolationAndFits(string path, ColorScheme scheme, int width)
    {
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        var (page, complaints) = await OpenAsync(context, path);

        var result = await page.RunAxe();
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(static v => v.Id + ": " + string.Join(' ', v.Nodes.Select(static n => n.Html)))));
        Assert.True(overflow <= 0, $"{overflow} px wider than the screen.");
        Assert.Empty(complaints);
    }

    private async Task<(IPage Page, List<string> Complaints)> OpenAsync(IBrowserContext context, string path)
    {
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync(new Uri(server.Causeway.Address, path).ToString());
        await Assertions.Expect(page.Locator("article h1")).ToBeVisibleAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
        return (page, complaints);
    }
}
