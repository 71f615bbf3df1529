using System.Text.Json;
using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>D12, G2: the nodes of a cluster in the console, and a server that is none.</summary>
public sealed class NodePageTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    [Fact]
    public async Task Page_OneServerOnItsOwn_SaysSoAndWhatAClusterIs()
    {
        await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, "/#/connections").ToString());
        await page.GetByTestId("tab-nodes").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        var row = page.GetByTestId("nodes-table").GetByRole(AriaRole.Row, new() { NameString = "this node" });
        await Assertions.Expect(row).ToContainTextAsync("s ago");
        await Assertions.Expect(page.GetByTestId("nodes-alone")).ToContainTextAsync("docs/scaling.md");
        await Assertions.Expect(page.GetByTestId("nav-connections")).ToHaveAttributeAsync("aria-current", "page");

        // Who connects is counted without a reload.
        await Assertions.Expect(row.GetByRole(AriaRole.Cell).First).ToHaveTextAsync("0");
        await using var client = await server.Causeway.ConnectAsync();
        await Assertions.Expect(row.GetByRole(AriaRole.Cell).First).ToHaveTextAsync("1");

        await Assertions.Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting");
        var result = await page.RunAxe();
        Assert.Empty(result.Violations.Select(static violation => $"{violation.Id}: {violation.Help}"));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    [Fact]
    public async Task Page_TwoNodesAndOneStops_AsItHappens()
    {
        Needs.Postgres();
        var configuration = JsonSerializer.Serialize(new
        {
            Database = new { Provider = "postgres", ConnectionString = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() },
            Realtime = new { Backplane = "postgres" },
        });
        await using var one = await CausewayProcess.StartAsync(configuration);
        await using var two = await CausewayProcess.StartAsync(configuration);
        await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(two.Address, "/#/nodes").ToString());
        var rows = page.GetByTestId("nodes-table").Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(2);

        // In the order in which they came.
        await Assertions.Expect(rows.Nth(0).GetByText("this node")).ToBeHiddenAsync();
        await Assertions.Expect(rows.Nth(1).GetByText("this node")).ToBeVisibleAsync();
        await Assertions.Expect(rows.Nth(0)).ToContainTextAsync("left");
        await Assertions.Expect(page.GetByTestId("nodes-alone")).ToBeHiddenAsync();

        Assert.Equal(0, await one.StopAsync());

        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Assertions.Expect(rows.GetByText("this node")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("nodes-alone")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Page_WithoutThePermission_SaysWhatIsMissing()
    {
        var made = await server.Causeway.PostAsync("/api/v1/api-keys", """{"name":"Reads rooms","scopes":["rooms:read"]}""");
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(server.Causeway.Address, $"/#t={made.Json.GetProperty("secret").GetString()}&/nodes").ToString());

        await Assertions.Expect(page.GetByTestId("error-code")).ToHaveTextAsync("FORBIDDEN");
        await Assertions.Expect(page.GetByTestId("error-advice")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("nodes-alone")).ToBeHiddenAsync();
    }
}
