using Causeway.EndToEnd.Lifecycle;
using Causeway.Testing;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>B4, G2: backends in the console.</summary>
public sealed class BackendPageTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    private static readonly LocatorAssertionsToHaveTextOptions Soon = new() { Timeout = ChromiumFixture.LimitMilliseconds };

    [Fact]
    public async Task Backend_OperatedByKeyboard_ShowsItsStateAndItsLines()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration("say=<b>bold</b>"));
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, "/").ToString());
        await page.GetByTestId("nav-backends").ClickAsync();
        var row = page.GetByTestId("backends-table").Locator("tbody tr");
        await Assertions.Expect(row.Locator(".state-mark")).ToHaveTextAsync("Stopped", Soon);

        await page.GetByTestId("backend-start").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(row.Locator(".state-mark")).ToHaveTextAsync("Ready", Soon);

        await page.GetByTestId("backend-link").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("backend-state")).ToHaveTextAsync("Ready", Soon);
        await Assertions.Expect(page.GetByTestId("backend-lines")).ToContainTextAsync("<b>bold</b>", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        var process = await page.GetByTestId("backend-process-value").TextContentAsync();
        Assert.Contains($"started as process {process}", await page.GetByTestId("backend-lines").TextContentAsync(), StringComparison.Ordinal);

        await page.GetByTestId("backend-stop").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Assertions.Expect(page.GetByTestId("backend-state")).ToHaveTextAsync("Stopped by an operator", Soon);
        await Assertions.Expect(page.GetByTestId("backend-lines")).ToContainTextAsync("ended by SIGTERM", new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Theory]
    [InlineData("/#/backends", ColorScheme.Dark, 360)]
    [InlineData("/#/backends/app", ColorScheme.Dark, 1200)]
    public async Task Pages_CheckedByAxe_HaveNoViolationAndFit(string path, ColorScheme scheme, int width)
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(
            new BackendProgram().Configuration("exit=1", """{"Start":"always","Restart":{"MinSeconds":0.01,"MaxSeconds":600}}"""));
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 800 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, path).ToString());
        await Assertions.Expect(page.Locator(".state-mark").First).ToHaveTextAsync("Crash loop", Soon);

        var result = await page.RunAxe();

        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(static violation => $"{violation.Id}: {violation.Help} {violation.Nodes[0].Html}")));
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0);
    }
}
