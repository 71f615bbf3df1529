using Causeway.Testing;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>G2: the console in a real browser.</summary>
public sealed class ConsoleTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task TwoTabs_SameRoom_Talk()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var one = await TesterPage.OpenAsync(context, Causeway, room);
        var two = await TesterPage.OpenAsync(context, Causeway, room);

        await one.SayAsync("Hello from one");
        await two.ShowsAsync("Hello from one");
        await two.SayAsync("Hello from two");

        await one.ShowsAsync("Hello from one", "Hello from two");
        await two.ShowsAsync("Hello from one", "Hello from two");
        Assert.Empty(one.Complaints);
        Assert.Empty(two.Complaints);
    }

    [Fact]
    public async Task Reload_InARoom_ShowsItsHistory()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var tab = await TesterPage.OpenAsync(context, Causeway, room);
        await tab.SayAsync("before");
        await tab.ShowsAsync("before");

        await tab.Page.ReloadAsync();
        await tab.IsConnectedAsync();

        await tab.ShowsAsync("before");
        await Causeway.PublishAsync(room, "chat", """{"text":"after"}""");
        await tab.ShowsAsync("before", "after");
        Assert.Empty(tab.Complaints);
    }

    [Fact]
    public async Task Offline_WhileOthersTalk_ComesBackWithoutLossOrDoubles()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var tab = await TesterPage.OpenAsync(context, Causeway, room);
        await Causeway.PublishAsync(room, "chat", """{"text":"1"}""");
        await tab.ShowsAsync("1");

        // Chromium's switch leaves open sockets alone, so the line is cut as well.
        await context.SetOfflineAsync(true);
        await tab.Page.GetByTestId("tester-drop").ClickAsync();
        await tab.IsComingBackAsync();
        await Causeway.PublishAsync(room, "chat", """{"text":"2"}""");
        await Causeway.PublishAsync(room, "chat", """{"text":"3"}""");
        await context.SetOfflineAsync(false);

        await tab.IsConnectedAsync();
        await tab.ShowsAsync("1", "2", "3");
        await Causeway.PublishAsync(room, "chat", """{"text":"4"}""");
        await tab.ShowsAsync("1", "2", "3", "4");
        await Assertions.Expect(tab.Page.GetByTestId("note").Filter(new() { HasText = "2 missed messages recovered" })).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task ServerKilled_AndStartedAgain_TabComesBackByItself()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        await using var context = await chromium.NewContextAsync();
        var tab = await TesterPage.OpenAsync(context, causeway, "general");
        await tab.SayAsync("in the first life");
        await tab.ShowsAsync("in the first life");

        await causeway.KillAsync();
        await tab.IsComingBackAsync();
        await causeway.StartAgainAsync();
        await tab.IsConnectedAsync();

        await tab.SayAsync("in the second life");
        await Assertions.Expect(tab.Messages.Last).ToContainTextAsync("in the second life");
        await Assertions.Expect(tab.Page.GetByTestId("note").Filter(new() { HasText = "no longer has" })).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task ServerDrains_AndStartsAgain_TabComesBackByItself()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "DrainSeconds": 1 } }""");
        await using var context = await chromium.NewContextAsync();
        var tab = await TesterPage.OpenAsync(context, causeway, "general");

        Assert.Equal(0, await causeway.StopAsync());
        await tab.IsComingBackAsync();
        await causeway.StartAgainAsync();

        await tab.IsConnectedAsync();
    }

    [Theory]
    [InlineData("/#/", "light")]
    [InlineData("/#/", "dark")]
    [InlineData("/#/rooms", "light")]
    [InlineData("/#/rooms/axe-room", "dark")]
    [InlineData("/#/connections", "light")]
    [InlineData("/#/tester?room=axe-room", "light")]
    [InlineData("/#/tester?room=axe-room", "dark")]
    public async Task EveryView_CheckedByAxe_HasNoViolationAndNoComplaint(string path, string scheme)
    {
        await Causeway.PublishAsync("axe-room", "chat", """{"text":"something to read"}""");
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light });
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        await page.GotoAsync(new Uri(Causeway.Address, path).ToString());
        await Assertions.Expect(page.Locator("#main h1")).ToHaveCountAsync(1, new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Assertions.Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting", new() { Timeout = ChromiumFixture.LimitMilliseconds });

        var result = await page.RunAxe();

        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(Describe)));
        Assert.Empty(complaints);
    }

    [Fact]
    public async Task Phone_EveryView_FitsTheWidth()
    {
        await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        var page = await context.NewPageAsync();
        foreach (var path in new[] { "/#/", "/#/rooms", "/#/connections", "/#/tester?room=phone" })
        {
            await page.GotoAsync(new Uri(Causeway.Address, path).ToString());
            await Assertions.Expect(page.Locator("#main h1")).ToHaveCountAsync(1, new() { Timeout = ChromiumFixture.LimitMilliseconds });

            var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{path} is {overflow} px wider than the screen.");
        }
    }

    [Fact]
    public async Task NativeEventSource_DroppedByTheServer_ResumesWithoutLoss()
    {
        var room = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(Causeway.Address.ToString());
        await page.EvaluateAsync(
            """
            room => {
              window.seen = [];
              window.opened = [];
              const source = new EventSource(`/sse?room=${room}`);
              source.addEventListener('connected', event => window.opened.push(JSON.parse(event.data).payload.connection_id));
              source.addEventListener('chat', event => window.seen.push(JSON.parse(event.data).offset));
              source.addEventListener('reset', () => window.seen.push('reset'));
            }
            """,
            room);
        await Eventually.Equal(1, () => page.EvaluateAsync<int>("window.opened.length"));
        await Causeway.PublishAsync(room, "chat", """{"n":1}""");
        await Eventually.Equal(1, () => page.EvaluateAsync<int>("window.seen.length"));

        var id = await page.EvaluateAsync<string>("window.opened[0]");
        Assert.Equal(204, (await Causeway.SendAsync(HttpMethod.Delete, $"/api/v1/connections/{id}")).Status);
        await Causeway.PublishAsync(room, "chat", """{"n":2}""");
        await Eventually.Equal(2, () => page.EvaluateAsync<int>("window.opened.length"));
        await Causeway.PublishAsync(room, "chat", """{"n":3}""");

        await Eventually.Equal("[1,2,3]", () => page.EvaluateAsync<string>("JSON.stringify(window.seen)"));
    }

    private static string Describe(AxeResultItem violation) =>
        $"{violation.Id} ({violation.Impact}): {violation.Help}\n  " + string.Join("\n  ", violation.Nodes.Select(static node => node.Html));
}
