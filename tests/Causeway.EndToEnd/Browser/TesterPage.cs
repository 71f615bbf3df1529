using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>A tab with the console's message tester, as a person uses it.</summary>
internal sealed class TesterPage
{
    private static readonly LocatorAssertionsToHaveTextOptions TextLimit = new() { Timeout = ChromiumFixture.LimitMilliseconds };
    private static readonly LocatorAssertionsToHaveCountOptions CountLimit = new() { Timeout = ChromiumFixture.LimitMilliseconds };
    private readonly ConcurrentQueue<string> _complaints = new();

    private TesterPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue($"{message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue($"uncaught: {error}");
    }

    /// <summary>The tab.</summary>
    public IPage Page { get; }

    /// <summary>Errors and warnings in the browser's console, violations of the content security policy among them.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints];

    /// <summary>The conversation's messages.</summary>
    public ILocator Messages => Page.GetByTestId("message");

    /// <summary>The state of the line, such as <c>Connected</c>.</summary>
    public ILocator State => Page.GetByTestId("tester-state");

    /// <summary>Opens a tab on a room and waits until it is in.</summary>
    public static async Task<TesterPage> OpenAsync(IBrowserContext context, CausewayProcess causeway, string room, string console = "/")
    {
        var tester = new TesterPage(await context.NewPageAsync());
        await tester.Page.GotoAsync(new Uri(new Uri(causeway.Address, console), $"#/tester?room={room}").ToString());
        await tester.IsConnectedAsync();
        return tester;
    }

    /// <summary>Waits until the line is up and the room joined.</summary>
    public async Task IsConnectedAsync()
    {
        await Assertions.Expect(State).ToHaveTextAsync("Connected", TextLimit);
        await Assertions.Expect(Page.GetByTestId("say")).ToBeEnabledAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    /// <summary>Waits until the line is down.</summary>
    public Task IsComingBackAsync() => Assertions.Expect(State).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("Coming back|Connecting"), TextLimit);

    /// <summary>Types a message and sends it.</summary>
    public async Task SayAsync(string text)
    {
        await Page.GetByTestId("say").FillAsync(text);
        await Page.GetByTestId("say").PressAsync("Enter");
    }

    /// <summary>Waits until the conversation shows exactly these texts, in this order.</summary>
    public async Task ShowsAsync(params string[] texts)
    {
        await Assertions.Expect(Messages).ToHaveCountAsync(texts.Length, CountLimit);
        await Assertions.Expect(Messages.Locator(".said")).ToHaveTextAsync(texts, TextLimit);
    }
}
