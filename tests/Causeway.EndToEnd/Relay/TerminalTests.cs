using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Causeway.EndToEnd.Browser;
using Causeway.Testing;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Relay;

/// <summary>B3, B4, A5: the terminal of samples/terminal, a shell that the program starts itself, used from a browser through the relay.</summary>
public sealed partial class TerminalTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    [Fact]
    public async Task Browser_TypesAndReads_SessionEndsWithTheTab()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Sample());
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, causeway);

        await TypeAsync(page, "echo $((6*7))-ok $(stty size)");
        await ShowsAsync(page, Size());
        await TypeAsync(page, "echo ünïcode");
        await ShowsAsync(page, new Regex("\nünïcode"));
        var shell = await ShellAsync(page);
        Assert.True(Processes.Runs(shell));

        await page.CloseAsync();

        await Eventually.True(() => !Processes.Runs(shell));
        await Eventually.True(async () => (await causeway.GetAsync("/api/v1/backends/shell/logs")).Text.Contains("session ended", StringComparison.Ordinal));
        Assert.Contains("\"ready\"", (await causeway.GetAsync("/api/v1/backends/shell")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_Exits_TheBrowserIsToldTheCode()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Sample());
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, causeway);

        await TypeAsync(page, "exit");

        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("The session ended (1000).", new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Fact]
    public async Task Killed_WithAShellOpen_NobodyIsLeftAndTheNextStartServes()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Sample());
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, causeway);

        // It leaves the shell's own session and ignores the hang-up, as background jobs of people do.
        await TypeAsync(page, "setsid nohup sleep 600 >/dev/null 2>&1 & echo job $!");
        var job = await NumberAsync(page, new Regex(@"\njob (\d+)"));
        var shell = await ShellAsync(page);

        await causeway.KillAsync();
        await Eventually.True(() => !Processes.Runs(shell) && !Processes.Runs(job));
        await causeway.StartAgainAsync();

        await page.Locator("#again").ClickAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Connected", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await TypeAsync(page, "echo $((7*7))-again");
        await ShowsAsync(page, new Regex("49-again"));
    }

    [Fact]
    public async Task StoppedByAnOperator_TheBrowserIsToldWhy()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Sample());
        Assert.Equal(202, (await causeway.PostAsync("/api/v1/backends/shell/stop", "")).Status);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();

        await page.GotoAsync(causeway.Address.ToString());

        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("The backend was stopped by an operator.", new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    /// <summary>The sample's own file, with places and a port that suit a test.</summary>
    private static string Sample()
    {
        var sample = Needs.Checkout("samples", "terminal");
        var configuration = JsonNode.Parse(
            File.ReadAllText(Path.Combine(sample, "causeway.json")), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!;
        var port = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        var relay = configuration["Relay"]!;
        relay["Site"]!["Directory"] = Path.Combine(sample, "site");
        relay["Backends"]!["shell"]!["Urls"]![0] = $"http://127.0.0.1:{port}";
        var command = relay["Backends"]!["shell"]!["Process"]!["Command"]!.AsArray();
        command[0] = Needs.Python();
        command[1] = Path.Combine(sample, "pty_server.py");
        command[3] = port;
        command.Add("--shell");
        command.Add("/bin/bash");
        return configuration.ToJsonString();
    }

    private static async Task<IPage> OpenAsync(IBrowserContext context, CausewayProcess causeway)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync(causeway.Address.ToString());
        await Assertions.Expect(page.Locator("#state")).ToHaveTextAsync("Connected", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        return page;
    }

    private static async Task TypeAsync(IPage page, string command)
    {
        await page.Locator("#keys").FocusAsync();
        await page.Keyboard.TypeAsync(command);
        await page.Keyboard.PressAsync("Enter");
    }

    private static Task ShowsAsync(IPage page, Regex text) =>
        Assertions.Expect(page.Locator("#screen")).ToHaveTextAsync(text, new() { Timeout = ChromiumFixture.LimitMilliseconds });

    private static async Task<int> ShellAsync(IPage page)
    {
        await TypeAsync(page, "echo shell $$");
        return await NumberAsync(page, new Regex(@"\nshell (\d+)"));
    }

    private static async Task<int> NumberAsync(IPage page, Regex text)
    {
        var found = Match.Empty;
        await Eventually.True(async () => (found = text.Match(await page.Locator("#screen").TextContentAsync() ?? "")).Success);
        return int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"42-ok \d+ \d+")]
    private static partial Regex Size();
}
