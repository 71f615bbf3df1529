using System.Security.Cryptography;
using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>What goes through an open relayed WebSocket, byte by byte.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class RelayingTests
{
    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(static b => (byte)b);

    private static readonly Gen<WireFrame[]> AnyMessage = Gen.OneOf(
        from opcode in Gen.Elements(WireOpcode.Ping, WireOpcode.Pong) from payload in Payload(0, 125) select new[] { new WireFrame(opcode, payload) },
        from opcode in Gen.Elements(WireOpcode.Text, WireOpcode.Binary)
        from parts in Gen.Choose(1, 3).SelectMany(count => Gen.Frequency((6, Payload(0, 3000)), (1, Payload(60_000, 140_000))).ArrayOf(count))
        from rsv in Gen.Elements<byte>(0, 4)
        select parts.Select((part, i) => new WireFrame(i == 0 ? opcode : WireOpcode.Continuation, part) { Fin = i == parts.Length - 1, Rsv = i == 0 ? rsv : (byte)0 }).ToArray());

    private static readonly Gen<WireFrame[]> AnyConversation =
        Gen.Choose(1, 8).SelectMany(count => AnyMessage.ArrayOf(count)).Select(static messages => messages.SelectMany(static frames => frames).ToArray());

    [Fact]
    public async Task Relay_AnyFramesInAnyPieces_AreTheSameBytesBehind()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend, new RawHandshake { Extensions = "permessage-deflate" }, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        using (client)
        using (peer)
        {
            foreach (var (frames, cut) in AnyConversation.Zip(Gen.Choose(1, 20_000)).Sample(size: 50, numberOfSamples: 25))
            {
                await PassAsync(client.Connection, peer.Connection, [.. frames.SelectMany(static frame => frame.Encode())], cut);
                await PassAsync(peer.Connection, client.Connection, [.. frames.SelectMany(static frame => (frame with { Mask = null }).Encode())], cut);
            }
        }
    }

    [Theory]
    [InlineData(1000, "bye")]
    [InlineData(4321, "of its own: ü")]
    public async Task Close_ByTheClient_CodeAndReasonPassBothWays(ushort code, string reason)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            var closing = client.CloseAsync(code, reason);
            Assert.Equal(WireFrame.OfClose(code, reason).Payload, (await peer.ReadFrameAsync())!.Payload);
            await peer.SendAsync(WireFrame.OfClose(code, reason));
            peer.Connection.HalfClose();

            Assert.Equal(new WireClose(code, reason), await closing.Within());
            Assert.True(await peer.EndsAsync());
            await Eventually.True(() => front.Relayed.Count == 0);
        }
    }

    [Fact]
    public async Task Close_ByTheBackend_CodeAndReasonPassBothWays()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            await peer.SendAsync(WireFrame.OfClose(4999, "enough"));

            Assert.Equal(new WireClose(4999, "enough"), await client.ReadCloseAsync());
            var answer = (await peer.ReadFrameAsync())!;
            Assert.Equal((WireOpcode.Close, 4999), (answer.Opcode, (answer.Payload[0] << 8) | answer.Payload[1]));
            peer.Connection.HalfClose();
            await Eventually.True(() => front.Relayed.Count == 0);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task End_BackendDiesWithinAFrame_ClientSeesNoCleanClose(bool reset)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        {
            await peer.Connection.SendAsync((WireFrame.OfText("never whole") with { Mask = null, ClaimedLength = 100_000 }).Encode());
            Assert.True(await client.Connection.AnyAsync());
            if (reset)
            {
                peer.Connection.Reset();
            }

            peer.Dispose();

            await Assert.ThrowsAsync<EndOfStreamException>(client.ReadFrameAsync);
        }

        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Fact]
    public async Task End_ClientResets_BackendIsEndedAtOnce()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (peer)
        {
            client.Connection.Reset();

            Assert.True(await peer.EndsAsync().Within());
            await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fault_OfEitherSide_EndsBothWith1002(bool byClient)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            var broken = new WireFrame((WireOpcode)5, [1, 2, 3]);
            await (byClient ? client.SendAsync(broken) : peer.SendAsync(broken));

            Assert.Equal(1002, CodeOf((await client.ReadFrameAsync())!));
            Assert.Equal(1002, CodeOf((await peer.ReadFrameAsync())!));
        }
    }

    [Fact]
    public async Task Fault_CloseCode1006OfTheBackend_IsNeverPassedOn()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            await peer.SendAsync(WireFrame.OfClose(1006));

            Assert.Equal(1002, CodeOf((await client.ReadFrameAsync())!));
        }
    }

    [Fact]
    public async Task Relay_ReaderThatNeverReads_StopsTheSenderWithoutHoldingIt()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend, new RawHandshake { ReceiveBufferBytes = 8192 });
        using (client)
        using (peer)
        {
            peer.Connection.Socket.Blocking = false;
            byte[] frame = (new WireFrame(WireOpcode.Binary, new byte[1 << 20]) with { Mask = null }).Encode();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var sent = 0L;
            await Eventually.True(() => Push() == 0 && Push() == 0, what: "the sender to be stopped");
            Assert.InRange(sent, 1, 64L << 20);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);

            // The other direction goes on.
            await client.SendTextAsync("still here");
            Assert.Equal("still here", (await peer.ReadFrameAsync())!.Text);

            long Push()
            {
                var n = peer.Connection.Socket.Send(frame.AsSpan((int)(sent % frame.Length)), System.Net.Sockets.SocketFlags.None, out _);
                sent += Math.Max(n, 0);
                return n;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relay_AGigabyteInOneFrame_ArrivesWholeInBoundedMemory(bool toClient)
    {
        const long Total = 1L << 30;
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var (client, peer) = await front.OpenAsync(backend);
        using (client)
        using (peer)
        {
            var (from, to) = toClient ? (peer.Connection.Socket, client.Connection.Socket) : (client.Connection.Socket, peer.Connection.Socket);
            var head = (new WireFrame(WireOpcode.Binary, []) { ClaimedLength = (ulong)Total, Mask = toClient ? null : [0, 0, 0, 0] }).Encode();
            var block = RandomNumberGenerator.GetBytes(1 << 20);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var sending = Task.Run(() =>
            {
                from.Send(head);
                for (var i = 0; i < Total / block.Length; i++)
                {
                    from.Send(block);
                }
            });

            await Task.Run(() =>
            {
                var buffer = new byte[1 << 20];
                ReceiveAll(to, buffer.AsSpan(0, head.Length));
                for (var i = 0; i < Total / block.Length; i++)
                {
                    ReceiveAll(to, buffer);
                    Assert.True(buffer.AsSpan().SequenceEqual(block));
                }
            }).WaitAsync(Limits.Phase);

            await sending.Within();
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
        }
    }

    [Fact]
    public async Task Relay_AThousandTimesOpenedAndClosed_LeavesNothing()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        for (var i = 0; i < 1_000; i++)
        {
            var (client, peer) = await front.OpenAsync(backend);
            if (i % 3 == 0)
            {
                client.Connection.Reset();
            }
            else if (i % 3 == 1)
            {
                await peer.SendAsync(WireFrame.OfClose(1000));
            }

            client.Dispose();
            peer.Dispose();
        }

        await Eventually.True(() => front.Backend.WebSockets.Taken == 0 && front.Relayed.Count == 0 && front.Backend.Destinations[0].InFlight == 0);
        Assert.Equal(0, front.Backend.Destinations[0].Pool.Open);
    }

    private static int CodeOf(WireFrame frame)
    {
        Assert.Equal(WireOpcode.Close, frame.Opcode);
        return (frame.Payload[0] << 8) | frame.Payload[1];
    }

    private static async Task PassAsync(RawConnection from, RawConnection to, byte[] wire, int cut)
    {
        var sending = Task.Run(async () =>
        {
            foreach (var piece in wire.Chunk(Math.Max(cut, wire.Length / 50)))
            {
                await from.SendAsync(piece);
            }
        });
        Assert.Equal(wire, await to.ReadExactlyAsync(wire.Length));
        await sending.Within();
    }

    private static void ReceiveAll(System.Net.Sockets.Socket socket, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var received = socket.Receive(into);
            Assert.NotEqual(0, received);
            into = into[received..];
        }
    }

    private static Gen<byte[]> Payload(int min, int max) => Gen.Choose(min, max).SelectMany(length => AnyByte.Select(value => Enumerable.Repeat(value, length).ToArray()));
}
