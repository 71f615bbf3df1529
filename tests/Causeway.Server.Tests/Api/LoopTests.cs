using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests.Api;

/// <summary>A3: background loops over HTTP and in the metrics.</summary>
public sealed class LoopTests
{
    private const string Path = "/api/v1/loops/idempotency%20clean-up";

    [Fact]
    public async Task Loop_OfTheServer_IsListedRunPausedAndResumed()
    {
        await using var server = await RunningServer.StartAsync();
        await Eventually.Equal("waiting", async () => (await ShowAsync(server)).GetProperty("state").GetString());

        var listed = (await server.GetAsync("/api/v1/loops")).AssertStatus(200).GetProperty("items").EnumerateArray().Select(static loop => loop.GetProperty("name").GetString());
        Assert.Contains("idempotency clean-up", listed);
        var before = await ShowAsync(server);
        Assert.Equal((60, 0, false), (before.GetProperty("interval_seconds").GetDouble(), before.GetProperty("failures").GetInt64(), before.GetProperty("critical").GetBoolean()));
        Assert.NotEqual(JsonValueKind.Null, before.GetProperty("next_run_at").ValueKind);

        var paused = (await server.PostAsync(Path + "/pause", "")).AssertStatus(200);
        Assert.Equal(("paused", true), (paused.GetProperty("state").GetString(), paused.GetProperty("paused").GetBoolean()));
        (await server.PostAsync(Path + "/run", "")).AssertStatus(202);
        await Eventually.Equal(before.GetProperty("runs").GetInt64() + 1, async () => (await ShowAsync(server)).GetProperty("runs").GetInt64());
        var resumed = (await server.PostAsync(Path + "/resume", "")).AssertStatus(200);
        Assert.False(resumed.GetProperty("paused").GetBoolean());

        var metrics = (await server.GetAsync("/metrics", server.AdminToken)).Text;
        Assert.Contains("""causeway_loop_runs_total{loop="idempotency clean-up",outcome="ok"} """, metrics, StringComparison.Ordinal);
        Assert.Contains("""causeway_loop_last_success_timestamp_seconds{loop="idempotency clean-up"} """, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loop_Unknown_NotFound()
    {
        await using var server = await RunningServer.StartAsync();

        (await server.GetAsync("/api/v1/loops/none")).AssertError(404, "NOT_FOUND");
        (await server.PostAsync("/api/v1/loops/none/run", "")).AssertError(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("GET", "/api/v1/loops")]
    [InlineData("GET", Path)]
    [InlineData("POST", Path + "/run")]
    [InlineData("POST", Path + "/pause")]
    [InlineData("POST", Path + "/resume")]
    public async Task Loop_NotAnAdmin_IsRefused(string method, string path)
    {
        await using var server = await RunningServer.StartAsync("{}", "--Auth:Mode=required");

        (await server.SendAsync(new HttpMethod(method), path, method == "POST" ? "" : null)).AssertError(401, "UNAUTHORIZED");
        (await server.SendAsync(new HttpMethod(method), path, method == "POST" ? "" : null, server.TokenFor("ada"))).AssertError(403, "FORBIDDEN");
    }

    private static async Task<JsonElement> ShowAsync(RunningServer server) => (await server.GetAsync(Path)).AssertStatus(200);
}
