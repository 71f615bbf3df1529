using System.Collections.Concurrent;
using System.Net;
using Deque.AxeCore.Playwright;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>F11, G2: webhooks in the console: made, tried out, looked at when they fail, switched off and deleted.</summary>
public sealed class WebhookPageTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    [Fact]
    public async Task Page_CreateTestFailReplaySwitchDelete_AsTheyHappen()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await using var causeway = await CausewayProcess.StartAsync("""{ "Webhooks": { "AllowPrivateNetworks": true } }""");
        await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 740 } });
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.AddRange(message.Type is "error" or "warning" ? [message.Text] : []);
        await page.GotoAsync(new Uri(causeway.Address, "/#/webhooks").ToString());

        // Its key is shown once.
        await page.GetByTestId("webhook-create").ClickAsync();
        await page.Locator("#field-url").FillAsync(endpoint.Url);
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "room.created" }).CheckAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Assertions.Expect(page.GetByTestId("webhook-secret")).ToContainTextAsync("whsec_");
        await page.Keyboard.PressAsync("Escape");
        var row = page.GetByTestId("webhooks-table").GetByRole(AriaRole.Row, new() { NameString = endpoint.Url });
        await Assertions.Expect(row).ToContainTextAsync("On");

        // A test event arrives, and is a delivery.
        await row.GetByTestId("webhook-test").ClickAsync();
        await row.GetByTestId("webhook-link").ClickAsync();
        var deliveries = page.GetByTestId("deliveries-table");
        await Assertions.Expect(deliveries).ToContainTextAsync("webhook.test");
        await Assertions.Expect(deliveries).ToContainTextAsync("Taken");
        Assert.Contains("webhook.test", endpoint.Events);

        // The endpoint is gone for good: what it did not take is looked at, and sent again when it is back.
        endpoint.Status = HttpStatusCode.Gone;
        await causeway.PostAsync("/api/v1/rooms", """{"room_id":"made"}""");
        await Assertions.Expect(deliveries).ToContainTextAsync("Failed");
        endpoint.Status = HttpStatusCode.OK;
        await deliveries.GetByTestId("delivery-replay").First.ClickAsync();
        await Assertions.Expect(deliveries).Not.ToContainTextAsync("Failed");
        Assert.Equal(2, endpoint.Events.Count(static type => type == "room.created"));
        await AssertFitsAsync(page);

        await page.GotoAsync(new Uri(causeway.Address, "/#/webhooks").ToString());
        await row.GetByTestId("webhook-switch").ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("Off");
        await AssertFitsAsync(page);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await page.SetViewportSizeAsync(360, 740);
        await AssertFitsAsync(page);

        await row.GetByTestId("webhook-delete").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Assertions.Expect(page.GetByText("Nobody is told of anything yet.")).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    private static async Task AssertFitsAsync(IPage page)
    {
        var result = await page.RunAxe();

        Assert.Empty(result.Violations.Select(static violation => $"{violation.Id}: {violation.Help}"));
        Assert.Equal(0, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    /// <summary>Where events are posted to.</summary>
    private sealed class Endpoint : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private Endpoint()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _app = builder.Build();
            _app.MapPost("/hook", context =>
            {
                Events.Enqueue(context.Request.Headers["Causeway-Event"].ToString());
                context.Response.StatusCode = (int)Status;
                return Task.CompletedTask;
            });
        }

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public ConcurrentQueue<string> Events { get; } = new();

        public string Url => $"{_app.Urls.First()}/hook";

        public static async Task<Endpoint> StartAsync()
        {
            var endpoint = new Endpoint();
            await endpoint._app.StartAsync(TestContext.Current.CancellationToken);
            return endpoint;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
