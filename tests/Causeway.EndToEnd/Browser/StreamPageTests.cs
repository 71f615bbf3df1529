using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>C2, G2: streams in the console.</summary>
public sealed class StreamPageTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    private const string Configuration = """{ "Streams": { "Sources": { "build": { "Path": "build.jsonl" }, "deploy": { "Path": "deploy.jsonl" } } } }""";

    [Fact]
    public async Task Page_LinesAsTheyCome_PausedAndOn()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        Append(causeway, """{"step":"compile"}""");
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        await page.GotoAsync(causeway.Address.ToString());
        await page.GetByTestId("nav-streams").ClickAsync();
        await Assertions.Expect(page.GetByTestId("streams-table")).ToContainTextAsync("deploy");
        await page.GetByRole(AriaRole.Link, new() { Name = "build", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByTestId("stream-line")).ToHaveTextAsync([new System.Text.RegularExpressions.Regex("compile")]);
        await Assertions.Expect(page.GetByTestId("stream-state")).ToHaveTextAsync("Following");
        await page.GetByTestId("stream-pause").ClickAsync();
        Append(causeway, """{"step":"<b>test</b>"}""");
        await Assertions.Expect(page.GetByTestId("stream-tally")).ToHaveTextAsync("Paused, 1 more");
        await Assertions.Expect(page.GetByTestId("stream-line")).ToHaveCountAsync(1);
        await page.GetByTestId("stream-pause").ClickAsync();
        await Assertions.Expect(page.GetByTestId("stream-line").Last).ToContainTextAsync("<b>test</b>");

        File.Delete(Path.Combine(causeway.Directory, "build.jsonl"));
        Append(causeway, """{"step":"again"}""");
        await Assertions.Expect(page.Locator("[data-type=rotated]")).ToHaveCountAsync(1);
        await Assertions.Expect(page.GetByTestId("stream-line").Last).ToContainTextAsync("again");
        Assert.Empty(complaints);
    }

    [Theory]
    [InlineData("/#/streams", ColorScheme.Dark, 360)]
    [InlineData("/#/streams/build", ColorScheme.Dark, 1200)]
    public async Task Page_CheckedByAxe_HasNoViolationAndFits(string path, ColorScheme scheme, int width)
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration);
        Append(causeway, $$"""{"step":"{{new string('x', 300)}}"}""");
        Append(causeway, "not json");
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(causeway.Address, path).ToString());
        await Assertions.Expect(page.GetByText(path.EndsWith("build", StringComparison.Ordinal) ? "Not JSON: not json" : "No file")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting");

        var result = await page.RunAxe();
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(static v => v.Id + ": " + string.Join(' ', v.Nodes.Select(static n => n.Html)))));
        Assert.True(overflow <= 0, $"{overflow} px wider than the screen.");
    }

    private static void Append(CausewayProcess causeway, string line) => File.AppendAllText(Path.Combine(causeway.Directory, "build.jsonl"), line + "\n");
}
