using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Causeway.WebSockets.Tests;

/// <summary>The socket outlet under a real server.</summary>
public sealed class OutletTests
{
    private const int KernelMayHide = 600_000;

    [Fact]
    public async Task TryWrite_PeerReadsNothing_IsFullSoonAndTheRestComesInOrder()
    {
        await using var open = await Line.OpenAsync();
        Assert.True(open.Outlet.BypassesServer);
        var sent = new MemoryStream();
        var chunk = new byte[10_007];
        for (var i = 0; ; i++)
        {
            new Random(i).NextBytes(chunk);
            var taken = open.Outlet.TryWrite(chunk);
            Assert.InRange(taken, 0, chunk.Length);
            sent.Write(chunk, 0, taken);
            if (taken == 0)
            {
                break;
            }

            Assert.InRange(sent.Length, 0, KernelMayHide);
        }

        var rest = new byte[2_000_000];
        new Random(-1).NextBytes(rest);
        sent.Write(rest);
        var writing = open.Outlet.WriteAsync(rest).AsTask();
        var read = await open.Peer.Connection.ReadExactlyAsync((int)sent.Length);
        await writing.Within();

        Assert.True(read.AsSpan().SequenceEqual(sent.ToArray()));
        Assert.Equal(5, open.Outlet.TryWrite("again"u8));
        Assert.Equal("again"u8.ToArray(), await open.Peer.Connection.ReadExactlyAsync(5));
    }

    [Fact]
    public async Task TryWrite_NonBlockingSocket_LeavesTheServersReadingAsItWas()
    {
        await using var open = await Line.OpenAsync();

        for (var i = 1; i <= 20; i++)
        {
            Assert.Equal(1, open.Outlet.TryWrite([(byte)i]));
            Assert.Equal([(byte)i], await open.Peer.Connection.ReadExactlyAsync(1));
            await open.Peer.Connection.SendAsync(new byte[i]);
            await Eventually.Equal(i * (i + 1) / 2, () => open.Received);
        }
    }

    [Fact]
    public async Task Reset_PeerIsConnected_SeesAReset()
    {
        await using var open = await Line.OpenAsync();
        Assert.Equal(1, open.Outlet.TryWrite("x"u8));
        await open.Peer.Connection.ReadExactlyAsync(1);

        open.Outlet.Reset();
        open.Outlet.Reset();

        var error = await Assert.ThrowsAsync<SocketException>(() => open.Peer.Connection.ReadToEndAsync());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await open.HandlerEnded.Within();
        await Eventually.True(() => open.Outlet.TryWrite("x"u8) == -1);
        await Assert.ThrowsAsync<IOException>(async () => await open.Outlet.WriteAsync(new byte[10]));
    }

    [Fact]
    public async Task WriteAsync_Waiting_FailsOnReset()
    {
        await using var open = await Line.OpenAsync();
        while (open.Outlet.TryWrite(new byte[100_000]) > 0)
        {
            // Fill the socket.
        }

        var writing = open.Outlet.WriteAsync(new byte[1_000_000]).AsTask();
        open.Outlet.Reset();

        await Assert.ThrowsAsync<IOException>(() => writing.Within());
    }

    [Fact]
    public async Task TryWrite_PeerIsGone_SaysBroken()
    {
        await using var open = await Line.OpenAsync();

        open.Peer.Connection.Reset();

        await Eventually.True(() => open.Outlet.TryWrite("x"u8) == -1);
        await Assert.ThrowsAsync<IOException>(async () => await open.Outlet.WriteAsync("x"u8.ToArray()));
    }

    [Fact]
    public async Task ForUpgraded_FirstBytesAtOnce_NeverOvertakeThe101()
    {
        await using var server = await TestServer.StartAsync(static app => app.Map("/ws", static async (HttpContext context) =>
        {
            var stream = await WebSocketHandshake.AcceptAsync(context, null, null);
            var outlet = Outlet.ForUpgraded(context, stream);
            Assert.True(outlet.BypassesServer);
            outlet.TryWrite(FrameBuilder.Build(Opcode.Text, "first"u8));
            var one = new byte[1];
            Assert.Equal(0, await stream.ReadAsync(one));
        }));

        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) =>
        {
            using var socket = await RawWebSocket.ConnectAsync(server.WebSocketUri());
            Assert.Equal("first", await socket.ReadTextAsync());
            socket.Connection.HalfClose();
        });
        server.Logs.AssertQuiet();
    }

    [Fact]
    public async Task ForResponse_HeadFlushed_GoesUnderTheServersChunks()
    {
        var bypassed = new List<bool>();
        var cancellation = TestContext.Current.CancellationToken;
        await using var server = await TestServer.StartAsync(app => app.MapGet("/events", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await Outlet.FlushHeadAsync(context);
            var outlet = Outlet.ForResponse(context);
            bypassed.Add(outlet.BypassesServer);
            foreach (var line in new[] { "data: 1\n\n", "data: 2\n\n" })
            {
                await outlet.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line.Length:x}\r\n{line}\r\n")));
            }
        }));

        // The client keeps its connection: what the server counts has begun before the second and third.
        for (var i = 0; i < 3; i++)
        {
            using var response = await server.Client.GetAsync(new Uri("/events", UriKind.Relative), cancellation);
            Assert.True(response.Headers.TransferEncodingChunked);
            Assert.Equal("data: 1\n\ndata: 2\n\n", await response.Content.ReadAsStringAsync(cancellation));
        }

        Assert.Equal([true, true, true], bypassed);
    }

    [Theory]
    [InlineData("/unflushed")]
    [InlineData("/replaced")]
    [InlineData("/counted")]
    public async Task ForResponse_SocketNotSafe_GoesThroughTheBody(string path)
    {
        await using var server = await TestServer.StartAsync(app =>
        {
            app.MapGet("/unflushed", static async (HttpContext context) =>
            {
                await context.Response.StartAsync();
                await WriteAsync(context);
            });
            app.MapGet("/replaced", static async (HttpContext context) =>
            {
                var own = context.Response.Body;
                context.Response.Body = new BufferedStream(own);
                await Outlet.FlushHeadAsync(context);
                await WriteAsync(context);
                await context.Response.Body.FlushAsync();
                context.Response.Body = own;
            });
            app.MapGet("/counted", static async (HttpContext context) =>
            {
                context.Response.ContentLength = 5;
                await Outlet.FlushHeadAsync(context);
                await WriteAsync(context);
            });
        });

        Assert.Equal("False", await server.Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));

        static async Task WriteAsync(HttpContext context)
        {
            var outlet = Outlet.ForResponse(context);
            await outlet.WriteAsync(Encoding.ASCII.GetBytes(outlet.BypassesServer.ToString()));
        }
    }

    [Fact]
    public async Task FlushHeadAsync_NoServersSocket_StillFlushes()
    {
        var context = new DefaultHttpContext();
        context.Response.Body = new MemoryStream();

        await Outlet.FlushHeadAsync(context);

        Assert.False(Outlet.ForResponse(context).BypassesServer);
    }

    /// <summary>Serves <c>/ws</c>: hands its outlet over and reads until the line ends.</summary>
    internal static void Map(WebApplication app, TaskCompletionSource<Outlet> outlets, Action<int>? received = null, TaskCompletionSource? ended = null) =>
        app.Map("/ws", async (HttpContext context) =>
        {
            var stream = await WebSocketHandshake.AcceptAsync(context, null, null);
            outlets.SetResult(Outlet.ForUpgraded(context, stream));
            var buffer = new byte[4096];
            try
            {
                while (await stream.ReadAsync(buffer) is > 0 and var count)
                {
                    received?.Invoke(count);
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The line was cut.
            }

            ended?.SetResult();
        });

    private sealed class Line : IAsyncDisposable
    {
        private readonly TestServer _server;
        private readonly TaskCompletionSource _ended;
        private int _received;

        private Line(TestServer server, TaskCompletionSource ended) => (_server, _ended) = (server, ended);

        public Outlet Outlet { get; private set; } = null!;

        public RawWebSocket Peer { get; private set; } = null!;

        public int Received => Volatile.Read(ref _received);

        public Task HandlerEnded => _ended.Task;

        public static async Task<Line> OpenAsync()
        {
            var outlets = new TaskCompletionSource<Outlet>(TaskCreationOptions.RunContinuationsAsynchronously);
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Line? line = null;
            var server = await TestServer.StartAsync(app => Map(app, outlets, count => Interlocked.Add(ref line!._received, count), ended));
            line = new Line(server, ended);
            line.Peer = await RawWebSocket.ConnectAsync(server.WebSocketUri());
            line.Outlet = await outlets.Task.Within();
            return line;
        }

        public async ValueTask DisposeAsync()
        {
            Peer.Dispose();
            await HandlerEnded.Within();
            await _server.DisposeAsync();
        }
    }
}
