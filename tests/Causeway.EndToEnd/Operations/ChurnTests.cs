using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D1: a hundred thousand connections come, join, leave and go, and nothing is left of them.</summary>
[CollectionDefinition(nameof(AloneInTheEnd), DisableParallelization = true)]
public sealed class AloneInTheEnd;

/// <inheritdoc cref="AloneInTheEnd"/>
[Collection(nameof(AloneInTheEnd))]
public sealed class ChurnTests(ITestOutputHelper output)
{
    private const int Half = 50_000;
    private const int Workers = 6;
    private const double Growth = 1.02;

    [Fact]
    public async Task Churn_HundredThousandConnections_LeaveNothingBehind()
    {
        Needs.Linux();
        await using var causeway = await CausewayProcess.StartAsync(
            """{ "Realtime": { "MessagesPerSecond": 100000, "MaxConnectionsPerAddress": 1000000 } }""");

        await CycleAsync(causeway, Half, "first");
        var first = await SettledHeapAsync(causeway);
        await CycleAsync(causeway, Half, "second");
        var second = await SettledHeapAsync(causeway);
        output.WriteLine($"Heap after {Half:N0} cycles: {first:N0} bytes; after {2 * Half:N0}: {second:N0} bytes.");

        // The heap is small (one object leaked for each connection would be half of it), so what lingers in pools can be more than 2 %.
        // What lingers does not grow with another round; a leak does.
        for (var round = 1; second > first * Growth && round <= 2; round++)
        {
            await CycleAsync(causeway, Half, $"again-{round}");
            second = await SettledHeapAsync(causeway);
            output.WriteLine($"After {Half:N0} more: {second:N0} bytes.");
        }

        Assert.True(second <= first * Growth, $"The heap grew from {first:N0} to {second:N0} bytes.");
        Assert.Equal(0, await causeway.MetricAsync("causeway_backlog_bytes"));
    }

    private static async Task CycleAsync(CausewayProcess causeway, int cycles, string prefix)
    {
        var workers = Enumerable.Range(0, Workers).Select(worker => Task.Factory.StartNew(
            () =>
            {
                for (var i = worker; i < cycles; i += Workers)
                {
                    ChurnClient.Cycle(causeway.Port, worker, $"{prefix}-{i}", (Ending)(i % 3));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(workers).WaitAsync(Limits.Phase);
        await Eventually.Equal((0, 0), async () =>
        {
            var overview = (await causeway.GetAsync("/api/v1/overview")).Json;
            return (overview.GetProperty("connections").GetProperty("websocket").GetInt32(), overview.GetProperty("rooms").GetInt32());
        });
    }

    /// <summary>The heap when it has stopped shrinking.</summary>
    private static async Task<long> SettledHeapAsync(CausewayProcess causeway)
    {
        var least = long.MaxValue;
        for (var unchanged = 0; unchanged < 5; unchanged++)
        {
            var now = await HeapAsync(causeway);
            if (now < least)
            {
                (least, unchanged) = (now, 0);
            }
        }

        return least;
    }

    /// <summary>What is really held: the heap after a forced collection.</summary>
    private static async Task<long> HeapAsync(CausewayProcess causeway)
    {
        await GarbageCollection.ForceAsync(causeway.Process.Process.Id).Within();
        return (await causeway.GetAsync("/api/v1/overview")).Json.GetProperty("memory").GetProperty("gc_heap_bytes").GetInt64();
    }

    private enum Ending
    {
        CloseHandshake,
        HalfClose,
        Reset,
    }

    /// <summary>One connection's life with blocking calls and no allocation to speak of: the server is to be the one that works.</summary>
    private static class ChurnClient
    {
        private const int BindAddressNoPort = 24;

        public static void Cycle(int port, int worker, string room, Ending ending)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };

            // An address for each worker: a hundred thousand connections are more than one address has ports.
            Span<byte> on = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(on, 1);
            socket.SetRawSocketOption(0, BindAddressNoPort, on);
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + worker)]), 0));
            socket.Connect(IPAddress.Loopback, port);

            Span<byte> buffer = stackalloc byte[4096];
            Send(socket, $"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            ReadUntil(socket, buffer, "\"connected\""u8);
            SendText(socket, $$"""{"type":"join_room","ref":"j","room_id":"{{room}}"}""");
            ReadUntil(socket, buffer, "\"j\""u8);
            SendText(socket, $$"""{"type":"leave_room","ref":"l","room_id":"{{room}}"}""");
            ReadUntil(socket, buffer, "\"l\""u8);
            switch (ending)
            {
                case Ending.CloseHandshake:
                    Span<byte> close = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
                    socket.Send(close);
                    while (socket.Receive(buffer) > 0)
                    {
                        // Its close frame, then the end.
                    }

                    break;
                case Ending.HalfClose:
                    socket.Shutdown(SocketShutdown.Send);
                    break;
                default:
                    socket.LingerState = new LingerOption(true, 0);
                    break;
            }
        }

        private static void SendText(Socket socket, string text)
        {
            Span<byte> frame = stackalloc byte[200];
            var length = Encoding.ASCII.GetBytes(text, frame[6..]);
            frame[0] = 0x81;
            frame[1] = (byte)(0x80 | length);
            socket.Send(frame[..(6 + length)]);
        }

        private static void Send(Socket socket, string text)
        {
            Span<byte> bytes = stackalloc byte[400];
            socket.Send(bytes[..Encoding.ASCII.GetBytes(text, bytes)]);
        }

        private static void ReadUntil(Socket socket, Span<byte> buffer, ReadOnlySpan<byte> mark)
        {
            var read = 0;
            while (buffer[..read].IndexOf(mark) < 0)
            {
                var more = socket.Receive(buffer[read..]);
                read += more > 0 ? more : throw new EndOfStreamException(string.Create(CultureInfo.InvariantCulture, $"The server closed after {read} bytes: {Encoding.UTF8.GetString(buffer[..read])}"));
            }
        }
    }
}
