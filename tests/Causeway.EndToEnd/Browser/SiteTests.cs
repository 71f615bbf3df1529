using System.Globalization;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>B1 in a real browser: deep links of a built application, and the console at its side.</summary>
public sealed class SiteTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>, IAsyncLifetime
{
    private const string Page = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Demo</title>
        <link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/index-B1x2C3d4.css">
        <script type="module" crossorigin src="/assets/index-BfX2a9Qz.js"></script></head>
        <body><nav><a href="/users/john.doe">John</a></nav><main id="view" style="display: block"></main></body></html>
        """;

    private const string Script = """
        const show = () => { document.getElementById('view').textContent = `route ${location.pathname}`; };
        document.querySelector('a').addEventListener('click', event => {
          event.preventDefault();
          history.pushState(null, '', event.target.getAttribute('href'));
          show();
        });
        addEventListener('popstate', show);
        show();
        """;

    private readonly TempDirectory _files = new();

    public ValueTask InitializeAsync()
    {
        _files.Write("dist/index.html", Page);
        _files.Write("dist/assets/index-BfX2a9Qz.js", Script);
        _files.Write("dist/assets/index-B1x2C3d4.css", "main { color: rgb(1, 2, 3) }");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task DeepLink_ClickedReloadedAndOpenedCold_IsThePage()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration());
        await using var context = await chromium.NewContextAsync();
        var (page, complaints) = await OpenAsync(context, new Uri(causeway.Address, "/"));
        await ShowsAsync(page, "route /");

        await page.GetByText("John").ClickAsync();
        await ShowsAsync(page, "route /users/john.doe");
        await page.ReloadAsync();
        await ShowsAsync(page, "route /users/john.doe");
        await page.GotoAsync(new Uri(causeway.Address, "/settings/a%2Fb/").ToString());
        await ShowsAsync(page, "route /settings/a%2Fb/");

        Assert.Equal("rgb(1, 2, 3)", await page.EvaluateAsync<string>("getComputedStyle(document.getElementById('view')).color"));
        Assert.Empty(complaints);
        var missing = await page.EvaluateAsync<int>("fetch('/assets/gone-AAAAAAA1.js').then(answer => answer.status)");
        var unknown = await page.EvaluateAsync<JsonElement>("fetch('/api/v1/nothing', { headers: { accept: 'text/html' } }).then(answer => answer.json())");
        Assert.Equal(404, missing);
        Assert.Equal("NOT_FOUND", unknown.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Console_BesideTheSite_IsLive()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration());
        await using var context = await chromium.NewContextAsync();
        var one = await TesterPage.OpenAsync(context, causeway, "beside", "/_console");
        var two = await TesterPage.OpenAsync(context, causeway, "beside", "/_console/");

        await one.SayAsync("from the side");

        await two.ShowsAsync("from the side");
        Assert.StartsWith(new Uri(causeway.Address, "/_console/#/tester").ToString(), one.Page.Url, StringComparison.Ordinal);
        Assert.Empty(one.Complaints);
        Assert.Empty(two.Complaints);
    }

    [Fact]
    public async Task SignInLink_BesideTheSite_OpensTheConsole()
    {
        await using var causeway = await CausewayProcess.StartAsync(Configuration("""
            "Auth": { "Mode": "required" },
            """));
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();

        await page.GotoAsync(new Uri(causeway.Address, $"/_console/#t={causeway.AdminToken}").ToString());

        await Assertions.Expect(page.GetByTestId("server-state")).ToHaveAttributeAsync("data-state", "live", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        Assert.DoesNotContain(causeway.AdminToken, page.Url, StringComparison.Ordinal);
        await page.GotoAsync(new Uri(causeway.Address, "/docs").ToString());
        await page.GetByRole(AriaRole.Link, new() { Name = "Console" }).ClickAsync();
        await page.WaitForURLAsync(new Uri(causeway.Address, "/_console/**").ToString());
    }

    [Fact]
    public async Task AdminAddress_OfItsOwn_TheSitesScriptsCannotReachTheApi()
    {
        var port = FreePort.Next();
        await using var causeway = await CausewayProcess.StartAsync(Configuration(server: string.Create(
            CultureInfo.InvariantCulture, $$"""{ "AdminUrls": "http://127.0.0.1:{{port}}" }""")));
        await using var context = await chromium.NewContextAsync();
        var (page, _) = await OpenAsync(context, causeway.Address);
        var admin = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

        Assert.Equal(404, await page.EvaluateAsync<int>("fetch('/api/v1/overview').then(answer => answer.status)"));
        Assert.Equal("refused", await page.EvaluateAsync<string>($"fetch('{admin}api/v1/overview').then(answer => answer.status, () => 'refused')"));
        var console = await context.NewPageAsync();
        await console.GotoAsync(admin.ToString());

        await Assertions.Expect(console.GetByTestId("server-state")).ToHaveAttributeAsync("data-state", "live", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        Assert.StartsWith(new Uri(admin, "/_console/").ToString(), console.Url, StringComparison.Ordinal);
    }

    private string Configuration(string sections = "", string server = "{}") =>
        $$"""{ "Server": {{server}}, {{sections}} "Relay": { "Site": { "Directory": {{JsonSerializer.Serialize(_files["dist"])}} } } }""";

    private static async Task<(IPage Page, List<string> Complaints)> OpenAsync(IBrowserContext context, Uri address)
    {
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync(address.ToString());
        return (page, complaints);
    }

    private static Task ShowsAsync(IPage page, string text) =>
        Assertions.Expect(page.Locator("#view")).ToHaveTextAsync(text, new() { Timeout = ChromiumFixture.LimitMilliseconds });
}
