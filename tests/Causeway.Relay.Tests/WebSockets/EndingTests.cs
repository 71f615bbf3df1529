using System.Net.Sockets;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>How the relay ends WebSockets by itself: when the service stops, when nobody says anything, when one side has ended.</summary>
public sealed class EndingTests
{
    [Fact]
    public async Task Drain_BetweenFrames_TellsBothAndWaitsForThem()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            var draining = front.Relayed.DrainAsync(Limits.Test, CancellationToken.None);

            Assert.Equal(new WireClose(1012, "service restart"), await client.ReadCloseAsync());
            Assert.Equal(1001, CodeOf(await peer.ReadFrameAsync()));
            await peer.SendAsync(WireFrame.OfClose(1001));
            peer.Connection.HalfClose();
            Assert.Equal((1, 0), await draining.Within());
        }
    }

    [Theory]
    [InlineData(true, 70_000)]
    [InlineData(false, 70_000)]
    [InlineData(true, 400_000)]
    [InlineData(false, 400_000)]
    public async Task Drain_WithinAFrame_WaitsForItsEnd(bool rest, int size)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            // Both directions stand within a frame that is itself a fragment of a message.
            byte[] toClient = (WireFrame.OfText(new string('a', size)) with { Mask = null, Fin = false }).Encode();
            byte[] toBackend = (WireFrame.OfText(new string('b', size)) with { Fin = false }).Encode();
            await peer.Connection.SendAsync(toClient.AsMemory(0, 40_000));
            await client.Connection.SendAsync(toBackend.AsMemory(0, 40_000));
            Assert.Equal(toClient[..40_000], await client.Connection.ReadExactlyAsync(40_000));
            Assert.Equal(toBackend[..40_000], await peer.Connection.ReadExactlyAsync(40_000));

            var draining = front.Relayed.DrainAsync(rest ? Limits.Test : TimeSpan.FromMilliseconds(300), CancellationToken.None);
            if (!rest)
            {
                Assert.Equal((1, 1), await draining.Within());
                Assert.Equal(WireClose.Broken, await client.ReadCloseAsync());
                Assert.True(await peer.EndsAsync());
                return;
            }

            // The end of the frame, and the beginning of another that must not come through.
            await peer.Connection.SendAsync((byte[])[.. toClient[40_000..], 0x80, 1, (byte)'x']);
            await client.Connection.SendAsync((byte[])[.. toBackend[40_000..], 0x80, 0x81, 0, 0, 0, 0, (byte)'x']);
            Assert.Equal(toClient[40_000..], await client.Connection.ReadExactlyAsync(toClient.Length - 40_000));
            Assert.Equal(toBackend[40_000..], await peer.Connection.ReadExactlyAsync(toBackend.Length - 40_000));
            Assert.Equal(new WireClose(1012, "service restart"), await client.ReadCloseAsync());
            Assert.Equal(1001, CodeOf(await peer.ReadFrameAsync()));
            await peer.SendAsync(WireFrame.OfClose(1001));
            peer.Connection.HalfClose();
            Assert.Equal((1, 0), await draining.Within());
        }
    }

    [Fact]
    public async Task Drain_BehindACloseThatWentBy_AddsNoSecond()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            await peer.SendAsync(WireFrame.OfClose(4000, "first"));
            Assert.Equal(4000, CodeOf(await client.ReadFrameAsync()));

            _ = front.Relayed.DrainAsync(TimeSpan.FromMilliseconds(300), CancellationToken.None);

            Assert.Equal(1001, CodeOf(await peer.ReadFrameAsync()));
            Assert.Null(await client.ReadFrameAsync());
        }
    }

    [Fact]
    public async Task Idle_BothSilent_BothGet1001()
    {
        var time = new ManualTime();
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(
            backend.Url, static options => options.WebSocketIdleSeconds = 60, builder => builder.Services.AddSingleton<TimeProvider>(time));
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            time.Advance(TimeSpan.FromSeconds(59));
            await client.SendAsync(new WireFrame(WireOpcode.Ping, []));
            Assert.Equal(WireOpcode.Ping, (await peer.ReadFrameAsync())!.Opcode);
            time.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal(1, front.Relayed.Count);

            time.Advance(TimeSpan.FromSeconds(2));

            Assert.Equal(1001, CodeOf(await client.ReadFrameAsync()));
            Assert.Equal(1001, CodeOf(await peer.ReadFrameAsync()));

            // Neither answers: both are cut.
            time.Advance(TimeSpan.FromSeconds(6));
            Assert.True(await peer.EndsAsync());
            Assert.Null(await client.ReadFrameAsync());
            await Eventually.True(() => front.Relayed.Count == 0);
        }
    }

    [Fact]
    public async Task Stuck_ClientThatTakesNothing_IsResetAfterTheIdleTime()
    {
        var time = new ManualTime();
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(
            backend.Url, static options => options.WebSocketIdleSeconds = 60, builder => builder.Services.AddSingleton<TimeProvider>(time));
        var (client, peer) = await front.OpenAsync(backend, new RawHandshake { ReceiveBufferBytes = 8192 });
        using (client)
        using (peer)
        {
            var sending = peer.SendAsync(new WireFrame(WireOpcode.Binary, new byte[64 << 20]));
            await Eventually.True(
                async () =>
                {
                    // The client talks all the time, so that only the stuck direction can be the reason.
                    try
                    {
                        await client.SendAsync(new WireFrame(WireOpcode.Ping, []));
                    }
                    catch (SocketException)
                    {
                        return front.Relayed.Count == 0;
                    }

                    time.Advance(TimeSpan.FromSeconds(1));
                    return false;
                },
                what: "the stuck client to be cut");
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
        }
    }

    [Fact]
    public async Task HalfClose_ByTheBackend_LeavesTheClientFiveSeconds()
    {
        var time = new ManualTime();
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, build: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            peer.Connection.HalfClose();
            Assert.Null(await client.ReadFrameAsync());

            await client.SendTextAsync("last words");
            Assert.Equal("last words", (await peer.ReadFrameAsync())!.Text);
            Assert.Equal(1, front.Relayed.Count);
            time.Advance(TimeSpan.FromSeconds(6));
            Assert.True(await peer.EndsAsync());
            await Eventually.True(() => front.Relayed.Count == 0);
        }
    }

    [Fact]
    public async Task End_ClientGoneWithoutAClose_LeavesTheBackendFiveSeconds()
    {
        var time = new ManualTime();
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, build: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var (client, peer) = await front.OpenAsync(backend);
        using (peer)
        {
            client.Dispose();
            Assert.True(await peer.EndsAsync());

            time.Advance(TimeSpan.FromSeconds(6));
            await Eventually.True(() => front.Relayed.Count == 0);
        }
    }

    [Fact]
    public async Task Drain_Draining_RefusesNewcomersWithRetryAfter()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, build: static builder => builder.Services.AddDrain());
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            var stopping = front.Server.App.StopAsync();
            Assert.Equal(1012, CodeOf(await client.ReadFrameAsync()));

            var refused = await RawWebSocket.TryUpgradeAsync(front.Uri);

            Assert.Equal((503, "DRAINING"), (refused.Status, refused.ErrorCode));
            Assert.NotNull(refused.Header("Retry-After"));
            await client.SendAsync(WireFrame.OfClose(1012));
            peer.Dispose();
            await stopping.Within();
            Assert.Contains(front.Server.Logs.Named("DrainStepDone"), static done => done.Message.Contains("relayed WebSockets", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Drain_BackendStillAnswersTheHandshake_ClientIsRefusedAndNotLetInToBeSentAway()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var opening = RawWebSocket.TryUpgradeAsync(front.Uri);
        using var peer = await backend.AcceptAsync();
        Assert.Equal((0, 0), await front.Relayed.DrainAsync(Limits.Test, CancellationToken.None).Within());

        await peer.SwitchAsync();

        var refused = await opening.Within();
        Assert.Equal((503, "DRAINING"), (refused.Status, refused.ErrorCode));
        Assert.NotNull(refused.Header("Retry-After"));
        Assert.True(await peer.EndsAsync());
    }

    [Fact]
    public async Task Drain_ClientIsBeingAccepted_WaitsForIt()
    {
        using var backend = new SocketBackend();
        var time = new ManualTime();
        await using var front = await SocketFront.StartAsync(backend.Url, build: builder => builder.Services.AddSingleton<TimeProvider>(time));
        Assert.True(front.Relayed.TryBeginAccept());
        var timers = time.ArmedTimers;

        var draining = front.Relayed.DrainAsync(Limits.Test, CancellationToken.None);

        // It sleeps, with nobody there yet.
        await Eventually.True(() => time.ArmedTimers > timers);
        Assert.Equal(0, front.Relayed.Count);
        Assert.False(front.Relayed.TryBeginAccept());
        front.Relayed.EndAccept();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0), await draining.Within());
    }

    private static int CodeOf(WireFrame? frame)
    {
        Assert.Equal(WireOpcode.Close, frame?.Opcode);
        return (frame!.Payload[0] << 8) | frame.Payload[1];
    }
}
