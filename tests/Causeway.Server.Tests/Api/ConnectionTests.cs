using Causeway.Testing;

namespace Causeway.Server.Tests.Api;

/// <summary>D1, D8: live connections over HTTP, and the service as a whole.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task List_Connections_InTheOrderTheyCame()
    {
        await using var server = await RunningServer.StartAsync();
        await using var one = await server.ConnectAsync();
        await using var two = await server.ConnectAsync(server.TokenFor("ada"));
        await using var three = await server.ConnectAsync();
        await two.JoinAsync("b");
        await two.JoinAsync("a");

        var first = (await server.GetAsync("/api/v1/connections?limit=2")).AssertStatus(200);
        var second = (await server.GetAsync($"/api/v1/connections?limit=2&cursor={first.GetProperty("next_cursor")}")).AssertStatus(200);

        string?[] ids = [.. first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(static item => item.GetProperty("connection_id").GetString())];
        Assert.Equal(new[] { one.ConnectionId, two.ConnectionId, three.ConnectionId }.Order(StringComparer.Ordinal), ids);
        var shown = (await server.GetAsync("/api/v1/connections/" + two.ConnectionId)).AssertStatus(200);
        Assert.Equal(["a", "b"], shown.GetProperty("rooms").EnumerateArray().Select(static room => room.GetString()).Order());
        Assert.Equal("127.0.0.1", shown.GetProperty("remote_address").GetString());
        Assert.Equal((0, 0), (shown.GetProperty("backlog_bytes").GetInt64(), shown.GetProperty("dropped").GetInt64()));
    }

    [Fact]
    public async Task Close_Connection_ClosesWith4502()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        (await server.DeleteAsync("/api/v1/connections/" + client.ConnectionId)).AssertStatus(204);

        Assert.Equal(4502, (await client.Closed.Within()).Code);
        await Eventually.Equal(404, async () => (await server.GetAsync("/api/v1/connections/" + client.ConnectionId)).Status);
    }

    [Fact]
    public async Task Send_UnknownConnection_NotFound()
    {
        await using var server = await RunningServer.StartAsync();

        (await server.GetAsync("/api/v1/connections/none")).AssertError(404, "NOT_FOUND");
        (await server.DeleteAsync("/api/v1/connections/none")).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Overview_SomeTraffic_CountsIt()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        using var stream = await SseReader.OpenAsync(new Uri(server.Address, "/sse?room=general"));
        await stream.ReadAsync("connected");
        await client.JoinAsync("general");
        await server.PostAsync("/api/v1/rooms/general/messages", """{"type":"chat"}""");
        await client.NextAsync("chat");
        await stream.ReadAsync("chat");

        await Eventually.Equal(2, async () => (await server.GetAsync("/api/v1/overview")).Json.GetProperty("deliveries").GetInt64());
        var overview = (await server.GetAsync("/api/v1/overview")).AssertStatus(200);

        Assert.Equal("""{"websocket":1,"sse":1}""", overview.GetProperty("connections").GetRawText());
        Assert.Equal(1, overview.GetProperty("rooms").GetInt32());
        Assert.Equal(1, overview.GetProperty("messages_published").GetInt64());
        Assert.Equal("local", overview.GetProperty("exposure").GetString());
        Assert.Equal(ServerApp.Version, overview.GetProperty("version").GetString());
        Assert.Equal("production", overview.GetProperty("environment").GetString());
        Assert.True(overview.GetProperty("memory").GetProperty("working_set_bytes").GetInt64() > 0);
        Assert.True(overview.GetProperty("latency").GetProperty("publish_to_send_p99_ms").GetDouble() >= 0);
        Assert.True(overview.GetProperty("started_at").GetDateTimeOffset() <= overview.GetProperty("now").GetDateTimeOffset());
        foreach (var name in new[] { "node", "uptime_seconds", "dropped", "slow_closes", "backlog_bytes", "cpu_seconds", "processors", "draining" })
        {
            Assert.True(overview.TryGetProperty(name, out _), name);
        }
    }

    [Fact]
    public async Task Config_Secret_IsMasked()
    {
        var key = Convert.ToBase64String(new byte[32]);
        await using var server = await RunningServer.StartAsync($$"""{ "Auth": { "SigningKeys": [{ "Id": "a", "Key": "{{key}}" }] } }""");

        var answer = await server.GetAsync("/api/v1/config");

        var secret = answer.AssertStatus(200).GetProperty("values").EnumerateArray().Single(static value => value.GetProperty("key").GetString() == "Auth:SigningKeys:0:Key");
        Assert.True(secret.GetProperty("secret").GetBoolean());
        Assert.Equal("file", secret.GetProperty("source").GetString());
        Assert.DoesNotContain(key, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_LiveConnections_AreToldToComeBackAndClosedWith1012()
    {
        var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();
        using var stream = await SseReader.OpenAsync(new Uri(server.Address, "/sse?room=general"));
        await stream.ReadAsync("connected");

        await server.DisposeAsync().AsTask().Within();

        Assert.Equal("draining", (await client.NextAsync("reconnect")).Payload.GetProperty("reason").GetString());
        Assert.Equal(1012, (await client.Closed.Within()).Code);
        await stream.ReadAsync("shutdown");
    }
}
