using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.EndToEnd.Relay;

/// <summary>B2 with the real program in front of a real backend.</summary>
public sealed class HttpRelayTests
{
    [Fact]
    public async Task Relay_BackendComesAndGoes_ServiceStaysAndRecovers()
    {
        var port = FreePort.Next();
        await using var causeway = await CausewayProcess.StartAsync(Routes("/app", port));
        Assert.Equal((502, "BACKEND_UNREACHABLE"), Seen(await causeway.GetAsync("/app/name")));

        await using (await BackendAsync(port, "one"))
        {
            Assert.Equal("one", (await causeway.GetAsync("/app/name")).Text);
        }

        Assert.Equal((502, "BACKEND_UNREACHABLE"), Seen(await causeway.GetAsync("/app/name")));
        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
        await using var again = await BackendAsync(port, "two");
        Assert.Equal("two", (await causeway.GetAsync("/app/name")).Text);
    }

    [Fact]
    public async Task Reload_Routes_ChangeWhileAStreamGoesOn()
    {
        var port = FreePort.Next();
        var go = new TaskCompletionSource();
        await using var backend = await BackendAsync(port, "it", go.Task);
        await using var causeway = await CausewayProcess.StartAsync(Routes("/old", port));
        using var stream = await causeway.Client.GetAsync("/old/stream", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).Within();
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("first", await reader.ReadLineAsync(TestContext.Current.CancellationToken).Within());

        File.WriteAllText(Path.Combine(causeway.Directory, "causeway.json"), Routes("/new", port));
        causeway.Process.Process.Send(Signal.Hangup);

        await Eventually.Equal(200, async () => (await causeway.GetAsync("/new/name")).Status);
        Assert.Equal(404, (await causeway.GetAsync("/old/name")).Status);
        go.SetResult();
        Assert.Equal("second", await reader.ReadLineAsync(TestContext.Current.CancellationToken).Within());
    }

    [Fact]
    public async Task Stop_WhileItDrains_RelayedRequestsAreServedToTheirEnd()
    {
        Needs.Linux();
        var port = FreePort.Next();
        var go = new TaskCompletionSource();
        await using var backend = await BackendAsync(port, "it", go.Task);
        await using var causeway = await CausewayProcess.StartAsync(Routes("/app", port, drainSeconds: 30));
        using var stream = await causeway.Client.GetAsync("/app/stream", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).Within();
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("first", await reader.ReadLineAsync(TestContext.Current.CancellationToken).Within());

        causeway.Process.Process.Send(Signal.Terminate);
        await Eventually.Equal(503, async () => (await causeway.GetAsync("/ready")).Status);

        // New requests get through, a WebSocket would only be sent away again, and the answer under way ends as the backend ends it.
        Assert.Equal((200, "it"), ((await causeway.GetAsync("/app/name")).Status, (await causeway.GetAsync("/app/name")).Text));
        var refused = await RawWebSocket.TryUpgradeAsync(new Uri($"ws://127.0.0.1:{causeway.Port}/app/name"));
        refused.AssertError(503, "DRAINING");
        refused.AssertRetryAfter();
        go.SetResult();
        Assert.Equal("second", await reader.ReadLineAsync(TestContext.Current.CancellationToken).Within());
        Assert.Null(await reader.ReadLineAsync(TestContext.Current.CancellationToken).Within());
        Assert.Equal(0, await causeway.Process.ExitAsync());
        Assert.Contains(causeway.Process.Output, static line => line.Contains("requests in flight: done", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Relay_ToItself_Answers508()
    {
        await using var causeway = await CausewayProcess.StartAsync("""
            { "Relay": { "Routes": [{ "Path": "/loop/{**rest}", "Backend": "self" }], "Backends": { "self": { "Urls": ["http://127.0.0.1:{port}"] } } } }
            """);

        Assert.Equal((508, "BACKEND_UNREACHABLE"), Seen(await causeway.GetAsync("/loop/x")));
    }

    private static (int Status, string? Code) Seen(HttpAnswer answer) => (answer.Status, answer.ErrorCode);

    private static string Routes(string prefix, int port, int drainSeconds = 0) => $$"""
        { "Server": { "DrainSeconds": {{drainSeconds}} },
          "Relay": { "Routes": [{ "Path": "{{prefix}}/{**rest}", "Backend": "app", "StripPrefix": true }],
            "Backends": { "app": { "Urls": ["http://127.0.0.1:{{port}}"] } } } }
        """;

    private static async Task<WebApplication> BackendAsync(int port, string name, Task? go = null)
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        app.MapGet("/name", () => name);
        app.MapGet("/stream", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await go!;
            await context.Response.WriteAsync("second\n");
        });
        await app.StartAsync().Within();
        return app;
    }
}
