using System.Text;

namespace Causeway.Realtime.Tests;

/// <summary>D10: each broadcast is compressed once, for all who can read it so.</summary>
public sealed class CompressionTests
{
    private const string Offer = "permessage-deflate; client_max_window_bits";

    [Fact]
    public async Task Negotiate_OnlyWhereItIsOn()
    {
        await using var on = await StartAsync();
        await using var off = await LiveServer.StartAsync();
        var handshake = new RawHandshake { Extensions = Offer };

        Assert.Equal(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            (await on.TryUpgradeAsync(handshake)).Header("Sec-WebSocket-Extensions"));
        Assert.Null((await on.TryUpgradeAsync()).Header("Sec-WebSocket-Extensions"));
        Assert.Null((await off.TryUpgradeAsync(handshake)).Header("Sec-WebSocket-Extensions"));
    }

    [Fact]
    public async Task Broadcast_MixedMembers_EachReadsTheSame()
    {
        await using var server = await StartAsync();
        using var deflating = await JoinAsync(server, new() { Extensions = Offer });
        using var plain = await JoinAsync(server, new());
        var room = RoomId.Parse("general");
        string[] texts = [new('a', 2_000), "short", new('b', 70_000)];

        foreach (var text in texts)
        {
            await server.Rooms.PublishAsync(room, "chat", JsonSerializer.SerializeToUtf8Bytes(new { text }));
        }

        foreach (var text in texts)
        {
            var small = (await deflating.ReadFrameAsync())!;
            var large = (await plain.ReadFrameAsync())!;
            var isLong = text.Length > 512;
            Assert.Equal(isLong ? 4 : 0, small.Rsv);
            Assert.Equal(0, large.Rsv);
            var inflated = isLong ? small.Inflate() : small.Payload;
            Assert.Equal(Encoding.UTF8.GetString(large.Payload), Encoding.UTF8.GetString(inflated));
            Assert.Equal(text, JsonElement.Parse(large.Payload).GetProperty("payload").GetProperty("text").GetString());
            Assert.True(!isLong || small.Payload.Length < large.Payload.Length / 4);
        }
    }

    [Fact]
    public async Task Broadcast_WhatDoesNotShrink_GoesPlain()
    {
        await using var server = await StartAsync();
        using var deflating = await JoinAsync(server, new() { Extensions = Offer });
        var noise = new char[600];
        for (var i = 0; i < noise.Length; i++)
        {
            // Every character once: nothing to win.
            noise[i] = (char)(0x4e00 + i * 31);
        }

        await server.Rooms.PublishAsync(
            RoomId.Parse("general"), "chat", Encoding.UTF8.GetBytes($$"""{"text":"{{new string(noise)}}"}"""));
        var frame = (await deflating.ReadFrameAsync())!;
        var json = (frame.Rsv & 4) != 0 ? frame.Inflate() : frame.Payload;

        Assert.Equal(new string(noise), JsonElement.Parse(json).GetProperty("payload").GetProperty("text").GetString());
        Assert.True(frame.Payload.Length <= json.Length);
    }

    [Fact]
    public async Task Send_DeflatedMessage_IsUnderstood()
    {
        await using var server = await StartAsync();
        using var socket = await server.ConnectRawAsync(new() { Extensions = Offer });

        await socket.SendAsync(new WireFrame(WireOpcode.Text, WireFrame.Deflate("""{"type":"ping","ref":"deflated"}"""u8)) { Rsv = 4 });
        await socket.SendTextAsync("""{"type":"ping","ref":"plain"}""");

        Assert.Contains("deflated", await socket.ReadTextAsync(), StringComparison.Ordinal);
        Assert.Contains("plain", await socket.ReadTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_DeflatedWithoutNegotiation_Is1002()
    {
        await using var server = await StartAsync();
        using var socket = await server.ConnectRawAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Text, WireFrame.Deflate("""{"type":"ping"}"""u8)) { Rsv = 4 });

        Assert.Equal(1002, (await socket.ReadCloseAsync()).Code);
    }

    [Fact]
    public async Task Send_DecompressionBomb_Is1009()
    {
        await using var server = await StartAsync();
        using var socket = await server.ConnectRawAsync(new() { Extensions = Offer });
        var bomb = WireFrame.Deflate(new byte[2 * 1_024 * 1_024]);
        Assert.True(bomb.Length < 65_536);

        await socket.SendAsync(new WireFrame(WireOpcode.Text, bomb) { Rsv = 4 });

        Assert.Equal(1009, (await socket.ReadCloseAsync()).Code);
    }

    private static Task<LiveServer> StartAsync() => LiveServer.StartAsync(static options => options.Compression = CompressionMode.Shared);

    private static async Task<RawWebSocket> JoinAsync(LiveServer server, RawHandshake handshake)
    {
        var socket = await server.ConnectRawAsync(handshake);
        await socket.SendTextAsync("""{"type":"join_room","room_id":"general"}""");
        Assert.Contains("\"ack\"", await socket.ReadTextAsync(), StringComparison.Ordinal);
        return socket;
    }
}
