using System.Diagnostics;
using System.Text;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>A6: stopping well with everybody connected.</summary>
public sealed class DrainTests
{
    private const int DrainSeconds = 4;

    [Fact]
    public async Task Terminate_EverybodyConnected_TellsEachAndExitsWithZero()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration(DrainSeconds));
        await using var client = await causeway.ConnectAsync();
        await client.JoinAsync("general");
        using var stream = await causeway.StreamAsync("room=general");
        await stream.ReadAsync("connected");
        using var slow = await SlowRequest.StartAsync(causeway);

        var watch = Stopwatch.StartNew();
        causeway.Process.Process.Send(Signal.Terminate);
        await Eventually.Equal(503, async () => (await causeway.GetAsync("/ready")).Status);

        // The newcomers; one that slips in within the first moment is sent away like the others.
        await Eventually.Equal(503, async () => (await RawWebSocket.TryUpgradeAsync(causeway.WebSocket)).Status);
        var upgrade = await RawWebSocket.TryUpgradeAsync(causeway.WebSocket);
        upgrade.AssertError(503, "DRAINING");
        upgrade.AssertRetryAfter();
        (await causeway.GetAsync("/ws?preflight=1")).AssertError(503, "DRAINING");
        using (var late = await causeway.StreamAsync("room=general"))
        {
            Assert.Equal(200, late.Head.Status);
            var blocks = await AllAsync(late);
            Assert.True(blocks.Max(static block => block.RetryMilliseconds) > 0);
            Assert.Contains(blocks, static block => block.Event == "shutdown");
            Assert.DoesNotContain(blocks, static block => block.Event == "connected");
        }

        Assert.Equal(200, (await causeway.GetAsync("/health")).Status);

        // Those who were there.
        var reconnect = await client.NextAsync("reconnect");
        Assert.Equal("draining", reconnect.Payload.GetProperty("reason").GetString());
        Assert.True(reconnect.Payload.GetProperty("after_ms").GetInt64() >= 0);
        Assert.Equal(1012, (await client.Closed.Within()).Code);
        var goodbye = await AllAsync(stream);
        Assert.Contains(goodbye, static block => block.Event == "shutdown");
        Assert.True(goodbye.Max(static block => block.RetryMilliseconds) > 0);

        Assert.Equal(201, (await slow.FinishAsync()).Status);
        Assert.Equal(0, await causeway.Process.ExitAsync());
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, DrainSeconds + 10);
    }

    [Fact]
    public async Task Terminate_StreamThatNobodyReads_DoesNotDelayTheEnd()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration(2));
        using var stream = await causeway.StreamAsync("room=general");
        await using var client = await causeway.ConnectAsync();
        client.StopReading();

        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await causeway.StopAsync());

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2 + 10);
    }

    [Fact]
    public async Task Terminate_FiftyConnections_AllGetReconnectAnd1012()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration(DrainSeconds));
        var clients = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => causeway.ConnectAsync()));
        try
        {
            var exit = causeway.StopAsync();
            var codes = await Task.WhenAll(clients.Select(static client => client.Closed.Within()));

            Assert.All(codes, static close => Assert.Equal(1012, close.Code));
            Assert.All(clients, static client => Assert.Equal("reconnect", client.Log[^1].Type));
            Assert.True(clients.Select(static client => client.Log[^1].Payload.GetProperty("after_ms").GetInt64()).Distinct().Count() > 1, "The delays must differ.");
            Assert.Equal(0, await exit);
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Terminate_Twice_ExitsAtOnceWithOne()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(Configuration(600));
        using var slow = await SlowRequest.StartAsync(causeway);
        await using var client = await causeway.ConnectAsync();

        causeway.Process.Process.Send(Signal.Terminate);
        await Eventually.Equal(503, async () => (await causeway.GetAsync("/ready")).Status);
        causeway.Process.Process.Send(Signal.Terminate);

        Assert.Equal(1, await causeway.Process.ExitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Kill_AndStartAgain_TakesThePortAndServes()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync();
        await using var before = await causeway.ConnectAsync();

        await causeway.KillAsync();
        await causeway.StartAgainAsync();

        await using var after = await causeway.ConnectAsync();
        Assert.Equal(1006, (await before.Closed.Within()).Code);
        Assert.NotEqual(before.ConnectionId, after.ConnectionId);
    }

    private static string Configuration(int drainSeconds) => $$$"""{ "Server": { "DrainSeconds": {{{drainSeconds}}} } }""";

    private static async Task<List<SseEvent>> AllAsync(SseReader stream)
    {
        var blocks = new List<SseEvent>();
        while (await stream.ReadAnyAsync() is { } block)
        {
            blocks.Add(block);
        }

        return blocks;
    }

    /// <summary>A publish whose body is only half sent: a request in flight for as long as the test wants.</summary>
    private sealed class SlowRequest : IDisposable
    {
        private static readonly byte[] Body = Encoding.ASCII.GetBytes("""{"type":"chat","payload":{"slow":true}}""");
        private readonly RawConnection _connection;

        private SlowRequest(RawConnection connection) => _connection = connection;

        public static async Task<SlowRequest> StartAsync(CausewayProcess causeway)
        {
            var connection = await RawConnection.OpenAsync(causeway.Address);
            await connection.SendAsync(
                $"POST /api/v1/rooms/slow/messages HTTP/1.1\r\nHost: 127.0.0.1:{causeway.Port}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {Body.Length}\r\n\r\n");

            // The server asks for the body: from now on the request is in flight.
            Assert.Equal("HTTP/1.1 100 Continue", await connection.ReadLineAsync());
            Assert.Equal("", await connection.ReadLineAsync());
            await connection.SendAsync(Body.AsMemory(0, 10));
            return new SlowRequest(connection);
        }

        public async Task<HttpAnswer> FinishAsync()
        {
            await _connection.SendAsync(Body.AsMemory(10));
            return await HttpAnswer.ReadHeadAsync(_connection);
        }

        public void Dispose() => _connection.Dispose();
    }
}
