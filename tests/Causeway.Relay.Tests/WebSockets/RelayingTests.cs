using Causeway.Testing;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>What goes through an open relayed WebSocket.</summary>
public sealed class RelayingTests
{
    [Fact]
    public async Task Relay_TextBothWays_ArrivesAsItIs()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            await client.SendTextAsync("ping");
            Assert.Equal("ping", (await peer.ReadFrameAsync())!.Text);
            await peer.SendAsync(WireFrame.OfText("pong"));
            Assert.Equal("pong", await client.ReadTextAsync());
        }
    }

    [Theory]
    [InlineData(1000, "bye")]
    [InlineData(4321, "of its own: ü")]
    public async Task Relay_ClientCloses_CodeAndReasonPassBothWays(ushort code, string reason)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            var closing = client.CloseAsync(code, reason);
            var frame = (await peer.ReadFrameAsync())!;
            Assert.Equal(WireFrame.OfClose(code, reason).Payload, frame.Payload);
            await peer.SendAsync(WireFrame.OfClose(code, reason));
            peer.Connection.HalfClose();

            Assert.Equal(new WireClose(code, reason), await closing.Within());
            Assert.False(await peer.Connection.AnyAsync());
            await Eventually.True(() => front.Relayed.Count == 0);
        }
    }
}
