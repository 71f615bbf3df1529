using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>A3, G2: background loops in the console.</summary>
public sealed class LoopPageTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    private const string Loop = "idempotency clean-up";

    [Fact]
    public async Task Page_PauseRunResume_ByKeyboard()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        await page.GotoAsync(causeway.Address.ToString());
        await page.GetByTestId("nav-loops").ClickAsync();
        var row = page.GetByTestId("loops-table").GetByRole(AriaRole.Row, new() { NameRegex = new(Loop) });
        await Assertions.Expect(row).ToContainTextAsync("Waiting");
        await Assertions.Expect(row).ToContainTextAsync("every 1 min");

        var pause = page.GetByRole(AriaRole.Button, new() { Name = $"Pause {Loop}" });
        await pause.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(row).ToContainTextAsync("Paused");
        var resume = page.GetByRole(AriaRole.Button, new() { Name = $"Resume {Loop}" });
        await Assertions.Expect(resume).ToBeFocusedAsync();

        var before = await RunsAsync(causeway);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Run now {Loop}" }).ClickAsync();
        await Eventually.True(async () => await RunsAsync(causeway) > before);
        await Assertions.Expect(row).ToContainTextAsync("Paused");

        await resume.ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("Waiting");
        Assert.Empty(complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1200)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Page_CheckedByAxe_HasNoViolationAndFits(ColorScheme scheme, int width)
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, "/#/loops").ToString());
        await Assertions.Expect(page.GetByTestId("loops-table")).ToContainTextAsync(Loop);
        await Assertions.Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting");

        var result = await page.RunAxe();
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.Empty(result.Violations.Select(static violation => $"{violation.Id}: {violation.Help}"));
        Assert.Equal(0, overflow);
    }

    private static async Task<long> RunsAsync(CausewayProcess causeway) =>
        (await causeway.GetAsync($"/api/v1/loops/{Uri.EscapeDataString(Loop)}")).Json.GetProperty("runs").GetInt64();
}
