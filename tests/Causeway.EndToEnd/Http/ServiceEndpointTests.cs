using Causeway.Testing;

namespace Causeway.EndToEnd.Http;

/// <summary>F5, G2: what an operator and a browser ask the service about itself.</summary>
public sealed class ServiceEndpointTests(LocalServer server) : IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Theory]
    [InlineData("/health", "ok")]
    [InlineData("/ready", "ready")]
    public async Task Get_HealthPath_SaysSoAsJson(string path, string status)
    {
        var answer = await Causeway.GetAsync(path);

        Assert.Equal(200, answer.Status);
        Assert.Equal(status, answer.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Metrics_AfterTraffic_HasEveryFixedName()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);
        await client.PublishAsync(room, []);
        await client.NextAsync("chat");
        Assert.Equal("UNKNOWN_TYPE", (await client.RequestAsync("no_such_type")).ErrorCode);

        var metrics = await Causeway.GetAsync("/metrics");

        Assert.Equal(200, metrics.Status);
        Assert.StartsWith("text/plain", metrics.Header("Content-Type"), StringComparison.Ordinal);
        foreach (var name in new[]
        {
            "causeway_connections{transport=\"websocket\"}", "causeway_connections{transport=\"sse\"}", "causeway_rooms ",
            "causeway_messages_published_total ", "causeway_deliveries_total{transport=\"websocket\"}", "causeway_slow_closes_total ",
            "causeway_dropped_total{policy=\"", "causeway_backlog_bytes ", "causeway_publish_to_send_seconds_bucket{le=\"",
            "causeway_publish_to_send_seconds_sum ", "causeway_publish_to_send_seconds_count ", "causeway_refused_total{code=\"UNKNOWN_TYPE\"}",
        })
        {
            Assert.Contains("\n" + name, "\n" + metrics.Text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(room, metrics.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(client.ConnectionId, metrics.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_AfterOneMoreMessage_CountsItAndItsDeliveries()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        var room = RoomNames.Next();
        await using var one = await causeway.ConnectAsync();
        await using var two = await causeway.ConnectAsync();
        await one.JoinAsync(room);
        await two.JoinAsync(room);

        await causeway.PublishAsync(room, "chat", "{}");
        await one.NextAsync("chat");
        await two.NextAsync("chat");

        await Eventually.Equal(1, () => causeway.MetricAsync("causeway_messages_published_total"));
        await Eventually.Equal(2, () => causeway.MetricAsync("causeway_deliveries_total{transport=\"websocket\"}"));
        Assert.Equal(2, await causeway.MetricAsync("causeway_connections{transport=\"websocket\"}"));
        Assert.Equal(1, await causeway.MetricAsync("causeway_rooms"));
    }

    [Fact]
    public async Task Overview_OneConnection_CountsIt()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var client = await causeway.ConnectAsync();
        await client.JoinAsync("general");

        var overview = (await causeway.GetAsync("/api/v1/overview")).Json;

        Assert.Equal(1, overview.GetProperty("connections").GetProperty("websocket").GetInt32());
        Assert.Equal(1, overview.GetProperty("rooms").GetInt32());
        Assert.True(overview.GetProperty("memory").GetProperty("gc_heap_bytes").GetInt64() > 0);
        Assert.False(overview.GetProperty("draining").GetBoolean());
    }

    [Fact]
    public async Task OpenApi_Get_DescribesThePublishRoute()
    {
        var answer = await Causeway.GetAsync("/openapi/v1.json");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("3.1", answer.Json.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(answer.Json.GetProperty("paths").TryGetProperty("/api/v1/rooms/{room_id}/messages", out _));
    }

    [Fact]
    public async Task Root_Get_IsTheConsoleWithAContentSecurityPolicy()
    {
        var answer = await Causeway.GetAsync("/");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("text/html", answer.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Contains("<title>", answer.Text, StringComparison.Ordinal);
        Assert.Contains("default-src", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
    }

    [Fact]
    public async Task Request_WithAnId_GetsItBackInHeaderAndError()
    {
        var answer = await Causeway.GetAsync("/api/v1/nothing-here", ("X-Request-Id", "caller-chose-this-1"));

        answer.AssertError(404, "NOT_FOUND");
        Assert.Equal("caller-chose-this-1", answer.Header("X-Request-Id"));
        Assert.Equal("caller-chose-this-1", answer.Json.GetProperty("error").GetProperty("request_id").GetString());
    }
}
