using System.Text;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>D4: compressed once, for all who negotiated it.</summary>
public sealed class CompressionTests
{
    private const string Shared = """{ "Realtime": { "Compression": "shared" } }""";
    private static readonly RawHandshake Deflate = new() { Extensions = "permessage-deflate; client_max_window_bits" };

    [Fact]
    public async Task Publish_SomeNegotiatedIt_EveryMemberReadsTheSameText()
    {
        await using var causeway = await CausewayProcess.StartAsync(Shared);
        await using var compressed = await causeway.ConnectAsync(Deflate);
        await using var plain = await causeway.ConnectAsync();
        Assert.Contains("permessage-deflate", compressed.Socket.Answer.Header("Sec-WebSocket-Extensions"), StringComparison.Ordinal);
        Assert.Contains("server_no_context_takeover", compressed.Socket.Answer.Header("Sec-WebSocket-Extensions"), StringComparison.Ordinal);
        await compressed.JoinAsync("news");
        await plain.JoinAsync("news");

        foreach (var length in new[] { 1, 500, 512, 5_000, 60_000 })
        {
            var text = string.Concat(Enumerable.Range(0, length).Select(static i => (char)('a' + (i % 26))));
            await causeway.PublishAsync("news", "chat", new JsonObject { ["text"] = text }.ToJsonString());
            Assert.Equal(text, (await compressed.NextAsync("chat")).Payload.GetProperty("text").GetString());
            Assert.Equal(text, (await plain.NextAsync("chat")).Payload.GetProperty("text").GetString());
        }
    }

    [Fact]
    public async Task Publish_BigMessage_IsReallyCompressed()
    {
        await using var causeway = await CausewayProcess.StartAsync(Shared);
        using var socket = await RawWebSocket.ConnectAsync(causeway.WebSocket, Deflate);
        await socket.ReadTextAsync();
        await socket.SendTextAsync("""{"type":"join_room","room_id":"news","ref":"1"}""");
        await socket.ReadTextAsync();

        await causeway.PublishAsync("news", "chat", new JsonObject { ["text"] = new string('x', 10_000) }.ToJsonString());
        var frame = await socket.ReadFrameAsync();

        Assert.NotNull(frame);
        Assert.Equal(4, frame.Rsv);
        Assert.InRange(frame.Payload.Length, 1, 1_000);
        Assert.Contains(new string('x', 10_000), Encoding.UTF8.GetString(frame.Inflate()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_Compressed_IsUnderstood()
    {
        await using var causeway = await CausewayProcess.StartAsync(Shared);
        using var socket = await RawWebSocket.ConnectAsync(causeway.WebSocket, Deflate);
        await socket.ReadTextAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Text, WireFrame.Deflate("""{"type":"ping","ref":"deflated"}"""u8)) { Rsv = 4 });

        Assert.Contains("deflated", await socket.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_DecompressionBomb_TooBig()
    {
        await using var causeway = await CausewayProcess.StartAsync(Shared);
        using var socket = await RawWebSocket.ConnectAsync(causeway.WebSocket, Deflate);
        await socket.ReadTextAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Text, WireFrame.Deflate(new byte[20_000_000])) { Rsv = 4 });

        Assert.Equal(1009, (await socket.ReadCloseAsync()).Code);
    }

    [Fact]
    public async Task Send_GarbageAsCompressed_IsRefusedAndTheServerLivesOn()
    {
        await using var causeway = await CausewayProcess.StartAsync(Shared);
        using var socket = await RawWebSocket.ConnectAsync(causeway.WebSocket, Deflate);
        await socket.ReadTextAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Text, [0xff, 0xff, 0xff, 0xff, 0xff]) { Rsv = 4 });

        Assert.Contains((await socket.ReadCloseAsync()).Code, new[] { 1002, 1007 });
        Assert.Equal(200, (await causeway.GetAsync("/ready")).Status);
    }

    [Fact]
    public async Task Upgrade_InsistsOnASmallServerWindow_IsDeclined()
    {
        await using var causeway = await CausewayProcess.StartAsync(Shared);

        var answer = await RawWebSocket.TryUpgradeAsync(causeway.WebSocket, new RawHandshake { Extensions = "permessage-deflate; server_max_window_bits=9" });

        Assert.Equal(101, answer.Status);
        Assert.Null(answer.Header("Sec-WebSocket-Extensions"));
    }
}
