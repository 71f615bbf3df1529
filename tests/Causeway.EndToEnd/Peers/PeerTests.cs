using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Peers;

/// <summary>Clients that others wrote: the npm package ws and Python's websockets, each in a process of its own.</summary>
public sealed class PeerTests(PeerTests.CompressingServer server) : IClassFixture<PeerTests.CompressingServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Theory]
    [InlineData("ws", "plain")]
    [InlineData("ws", "deflate")]
    [InlineData("python", "plain")]
    [InlineData("python", "deflate")]
    public async Task Talk_JoinPublishReceive_BothWays(string peer, string compression)
    {
        var room = RoomNames.Next();
        await using var client = Start(peer, compression);
        var opened = await client.TellsAsync("open");
        Assert.StartsWith("causeway.v1", opened, StringComparison.Ordinal);
        Assert.Equal(compression == "deflate", opened.Contains("permessage-deflate", StringComparison.Ordinal));
        Assert.Equal("connected", Message(await client.TellsAsync("message")).Type);

        await client.SayAsync($$$"""{"type":"join_room","ref":"1","payload":{"room_id":"{{{room}}}"}}""");
        var joined = Message(await client.TellsAsync("message", 2));
        Assert.Equal("ack", joined.Type);
        Assert.Equal("1", joined.Ref);

        // Long enough to be compressed, and of more than one byte a character.
        var text = string.Concat(Enumerable.Repeat("grüße 🚀 ", 200));
        await client.SayAsync($$$"""{"type":"chat","ref":"2","room_id":"{{{room}}}","payload":{"text":"{{{text}}}"}}""");
        await client.TellsAsync("message", 4);
        var received = client.Output.Where(static line => line.StartsWith("message ", StringComparison.Ordinal)).Skip(2).Select(static line => Message(line[8..])).ToList();
        Assert.Equal("2", received.Single(static message => message.Type == "ack").Ref);
        Assert.Equal(text, received.Single(static message => message.Type == "chat").Payload.GetProperty("text").GetString());

        await Causeway.PublishAsync(room, "chat", $$"""{"text":"{{text}}"}""");
        var third = Message(await client.TellsAsync("message", 5));
        Assert.Equal(2, third.Offset);
        Assert.Equal(text, third.Payload.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("python")]
    public async Task Ping_FromThePeer_IsAnswered(string peer)
    {
        await using var client = Start(peer, "plain");
        await client.TellsAsync("open");

        await client.SayAsync("!ping");

        Assert.Equal("are you there", await client.TellsAsync("pong"));
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("python")]
    public async Task Heartbeat_ShorterThanTheTest_KeepsAQuietPeer(string peer)
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Realtime": { "HeartbeatSeconds": 1, "IdleTimeoutSeconds": 4 } }""");
        await using var client = Start(peer, "plain", causeway);
        await client.TellsAsync("message");
        var quietUntil = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(6);

        await Eventually.True(() => TimeProvider.System.GetUtcNow() > quietUntil);

        await client.SayAsync("""{"type":"ping","ref":"still here"}""");
        Assert.Equal("still here", Message(await client.TellsAsync("message", 2)).Ref);
    }

    [Theory]
    [InlineData("ws", 1000)]
    [InlineData("ws", 4321)]
    [InlineData("python", 1000)]
    [InlineData("python", 4321)]
    public async Task Close_FromThePeer_IsAnsweredWithTheSameCode(string peer, int code)
    {
        await using var client = Start(peer, "plain");
        await client.TellsAsync("message");

        await client.SayAsync($"!close {code}");

        Assert.StartsWith($"{code}", await client.TellsAsync("close"), StringComparison.Ordinal);
        await client.ExitAsync();
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("python")]
    public async Task Close_ByAnOperator_PeerSees4502(string peer)
    {
        await using var client = Start(peer, "plain");
        var id = Message(await client.TellsAsync("message")).Payload.GetProperty("connection_id").GetString();

        Assert.Equal(204, (await Causeway.SendAsync(HttpMethod.Delete, $"/api/v1/connections/{id}")).Status);

        Assert.StartsWith("4502", await client.TellsAsync("close"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("python")]
    public async Task Terminate_WithoutClose_ConnectionIsGone(string peer)
    {
        await using var client = Start(peer, "plain");
        var id = Message(await client.TellsAsync("message")).Payload.GetProperty("connection_id").GetString();

        await client.SayAsync("!terminate");

        await Eventually.True(async () => (await Causeway.GetAsync($"/api/v1/connections/{id}")).Status == 404);
    }

    [Fact]
    public async Task EventSource_ReadsARoomAndResumesAfterItsServerCameBack()
    {
        // Only a room that survives can be resumed: the connection is cut by the server, not the server itself.
        var room = RoomNames.Next();
        await using var client = ChildProcess.Start(
            Needs.Node(), [Path.Combine(AppContext.BaseDirectory, "Peers", "eventsource-client.cjs"), new Uri(Causeway.Address, $"/sse?room={room}").ToString(), "connected", "chat", "reset"],
            environment: new Dictionary<string, string?> { ["CAUSEWAY_TEST_PEERS"] = Needs.Peers() });
        await client.TellsAsync("event connected");

        await Causeway.PublishAsync(room, "chat", """{"n":1}""");
        await client.TellsAsync("event chat");
        var stream = (await Causeway.GetAsync("/api/v1/connections")).Json.GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("rooms").EnumerateArray().Any(name => name.GetString() == room));
        Assert.Equal("sse", stream.GetProperty("transport").GetString());
        await Causeway.SendAsync(HttpMethod.Delete, $"/api/v1/connections/{stream.GetProperty("connection_id").GetString()}");
        await Causeway.PublishAsync(room, "chat", """{"n":2}""");
        await client.TellsAsync("event connected", 2);
        await Causeway.PublishAsync(room, "chat", """{"n":3}""");
        await client.TellsAsync("event chat", 3);

        var offsets = client.Output.Where(static line => line.StartsWith("event chat ", StringComparison.Ordinal))
            .Select(static line => JsonElement.Parse(line.Split(' ', 4)[3]).GetProperty("offset").GetInt64());
        Assert.Equal([1, 2, 3], offsets);
        Assert.DoesNotContain(client.Output, static line => line.StartsWith("event reset", StringComparison.Ordinal));
    }

    private static LiveMessage Message(string json) => new(JsonElement.Parse(json));

    private ChildProcess Start(string peer, string compression, CausewayProcess? causeway = null)
    {
        var (program, script) = peer == "ws" ? (Needs.Node(), "ws-client.cjs") : (Needs.Python(), "websockets_client.py");
        var arguments = new List<string> { Path.Combine(AppContext.BaseDirectory, "Peers", script), (causeway ?? Causeway).WebSocket.ToString() };
        if (compression == "deflate")
        {
            arguments.Add("deflate");
        }

        return ChildProcess.Start(
            program, arguments, environment: peer == "ws" ? new Dictionary<string, string?> { ["CAUSEWAY_TEST_PEERS"] = Needs.Peers() } : null);
    }

    /// <summary>A server that compresses for whoever can.</summary>
    public sealed class CompressingServer : IAsyncLifetime
    {
        private CausewayProcess? _causeway;

        internal CausewayProcess Causeway => _causeway ?? throw new InvalidOperationException("Not started.");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => _causeway = await CausewayProcess.StartAsync("""{ "Realtime": { "Compression": "shared" } }""");

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_causeway is not null)
            {
                await _causeway.DisposeAsync();
            }
        }
    }
}
