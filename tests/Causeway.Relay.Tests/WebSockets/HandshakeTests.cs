using System.Text;
using Causeway.Http;
using Causeway.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>A client is accepted only when the backend has accepted; whatever goes wrong before is an HTTP answer.</summary>
public sealed class HandshakeTests
{
    [Fact]
    public async Task Open_Subprotocols_AreNegotiatedEndToEnd()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        var (client, peer) = await front.OpenAsync(backend, new RawHandshake { Protocols = ["tty", "other"] }, "Sec-WebSocket-Protocol: tty\r\n");

        using (client)
        using (peer)
        {
            Assert.Equal("tty, other", peer.Header("Sec-WebSocket-Protocol"));
            Assert.Equal("tty", client.Answer.Header("Sec-WebSocket-Protocol"));
            Assert.Equal("GET /relayed/socket HTTP/1.1", peer.RequestLine);
            Assert.Contains("causeway-", peer.Header("Via"), StringComparison.Ordinal);
            Assert.Equal("127.0.0.1", peer.Header("X-Forwarded-For"));
        }
    }

    [Fact]
    public async Task Open_WithoutSubprotocols_SendsNoEmptyHeader()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        var (client, peer) = await front.OpenAsync(backend);

        using (client)
        using (peer)
        {
            Assert.Null(peer.Header("Sec-WebSocket-Protocol"));
            Assert.Null(peer.Header("Sec-WebSocket-Extensions"));
            Assert.Null(client.Answer.Header("Sec-WebSocket-Protocol"));
            Assert.Null(client.Answer.Header("Sec-WebSocket-Extensions"));
        }
    }

    [Fact]
    public async Task Open_WithExtensions_PassesOfferAndAnswer()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        const string Offer = "permessage-deflate; client_max_window_bits";
        const string Granted = "permessage-deflate; client_max_window_bits=12; server_no_context_takeover";

        var (client, peer) = await front.OpenAsync(backend, new RawHandshake { Extensions = Offer }, $"Sec-WebSocket-Extensions: {Granted}\r\n");

        using (client)
        using (peer)
        {
            Assert.Equal(Offer, peer.Header("Sec-WebSocket-Extensions"));
            Assert.Equal(Granted, client.Answer.Header("Sec-WebSocket-Extensions"));
            byte[] deflated = (new WireFrame(WireOpcode.Text, WireFrame.Deflate("x"u8)) { Rsv = 4 }).Encode();
            await client.Connection.SendAsync(deflated);
            Assert.Equal(deflated, await peer.Connection.ReadExactlyAsync(deflated.Length));
        }
    }

    [Fact]
    public async Task Open_WithBearerSubprotocol_IsShownToTheGateAndToNobodyElse()
    {
        using var backend = new SocketBackend();
        var gate = new TokenGate();
        await using var front = await SocketFront.StartAsync(backend.Url, build: builder => builder.Services.AddSingleton<IRelayGate>(gate));

        var (client, peer) = await front.OpenAsync(backend, new RawHandshake { Protocols = ["tty", "bearer.s3cret"] }, "Sec-WebSocket-Protocol: tty\r\n");

        using (client)
        using (peer)
        {
            Assert.Equal("s3cret", gate.Token);
            Assert.Equal("tty", peer.Header("Sec-WebSocket-Protocol"));
            Assert.DoesNotContain(peer.Headers, static header => header.Value.Contains("s3cret", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Open_GateRefuses_NeverReachesTheBackend()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, build: static builder => builder.Services.AddSingleton<IRelayGate>(new TokenGate()));

        var answer = await RawWebSocket.TryUpgradeAsync(front.Uri, new RawHandshake { Protocols = ["tty"] });

        Assert.Equal((401, "UNAUTHORIZED"), (answer.Status, answer.ErrorCode));
        Assert.False(backend.HasCaller);
    }

    [Fact]
    public async Task Open_BearerAlone_Is400()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        var answer = await RawWebSocket.TryUpgradeAsync(front.Uri, new RawHandshake { Protocols = ["bearer.s3cret"] });

        Assert.Equal((400, "INVALID_MESSAGE"), (answer.Status, answer.ErrorCode));
        Assert.False(backend.HasCaller);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version", "12", 426)]
    [InlineData("Sec-WebSocket-Key", "short", 400)]
    [InlineData("Connection", "close", 400)]
    public async Task Open_FaultyRequest_IsRefusedBeforeTheBackend(string header, string value, int status)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        var answer = await RawWebSocket.TryUpgradeAsync(front.Uri, new RawHandshake { Headers = new Dictionary<string, string> { [header] = value } });

        Assert.Equal(status, answer.Status);
        Assert.False(backend.HasCaller);
    }

    [Fact]
    public async Task Open_BackendDead_Is502AndNo101()
    {
        await using var front = await SocketFront.StartAsync($"http://127.0.0.1:{FreePort.Next()}");

        var answer = await RawWebSocket.TryUpgradeAsync(front.Uri);

        Assert.Equal((502, "BACKEND_UNREACHABLE"), (answer.Status, answer.ErrorCode));
        Assert.Equal(0, front.Backend.WebSockets.Taken);
    }

    [Fact]
    public async Task Open_BackendSlow_Is504()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, static options => options.FirstByteSeconds = 0.3);

        var answer = await RawWebSocket.TryUpgradeAsync(front.Uri);

        Assert.Equal((504, "BACKEND_TIMEOUT"), (answer.Status, answer.ErrorCode));
    }

    public static TheoryData<string, string> RudeAnswers => new()
    {
        { "half a head", "HTTP/1.1 101 Switching Protocols\r\nUpgr" },
        { "nothing", "" },
        { "garbage", "\u0001\u0002\u0003 garbage\r\n\r\n" },
        { "wrong accept", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n" },
        { "no accept", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" },
        { "no upgrade", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n" },
        { "another upgrade", "HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n" },
        { "no connection", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n" },
        { "a subprotocol that was not offered", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Protocol: mine\r\n\r\n" },
        { "an extension that was not offered", "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n" },
        { "a page instead", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" },
        { "a head without end", "HTTP/1.1 101 X\r\n" + string.Concat(Enumerable.Repeat("X-Filler: " + new string('x', 1000) + "\r\n", 200)) },
    };

    [Theory]
    [MemberData(nameof(RudeAnswers))]
    public async Task Open_BackendAnswersWrongly_Is502AndNo101(string what, string bytes)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        var trying = RawWebSocket.TryUpgradeAsync(front.Uri, new RawHandshake { Protocols = ["tty"] });
        using (var peer = await backend.AcceptAsync())
        {
            var accept = Causeway.WebSockets.WebSocketHandshake.AcceptFor(peer.Header("Sec-WebSocket-Key")!);
            await peer.Connection.SendAsync(Encoding.Latin1.GetBytes(bytes.Replace("ACCEPT", accept, StringComparison.Ordinal)));
            peer.Connection.HalfClose();
            var answer = await trying.Within();
            Assert.True((502, "BACKEND_UNREACHABLE") == (answer.Status, answer.ErrorCode), $"{what}: {answer.Status} {answer.Text}");
        }

        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(503)]
    public async Task Open_BackendRefuses_ItsAnswerGoesToTheClient(int status)
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        var trying = RawWebSocket.TryUpgradeAsync(front.Uri);
        using var peer = await backend.AcceptAsync();
        await peer.Connection.SendAsync($"HTTP/1.1 {status} No\r\nContent-Type: text/plain\r\nRetry-After: 7\r\nContent-Length: 6\r\n\r\nnot me");
        var answer = await trying.Within();

        Assert.Equal((status, "not me", "7"), (answer.Status, answer.Text, answer.Header("Retry-After")));
    }

    [Fact]
    public async Task Open_BytesBeforeTheirTurn_ArriveBothWays()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        using var client = await RawConnection.OpenAsync(front.Uri);
        byte[] early = WireFrame.OfText("early").Encode();
        await client.SendAsync((byte[])
        [
            .. Encoding.ASCII.GetBytes("GET /relayed/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            .. early,
        ]);
        using var peer = await backend.AcceptAsync();
        var greeting = (new WireFrame(WireOpcode.Binary, new byte[5000]) with { Mask = null }).Encode();

        await peer.SwitchAsync(early: greeting);

        Assert.Equal(101, (await HttpAnswer.ReadHeadAsync(client)).Status);
        Assert.Equal(greeting, await client.ReadExactlyAsync(greeting.Length));
        Assert.Equal(early, await peer.Connection.ReadExactlyAsync(early.Length));
    }

    [Fact]
    public async Task Open_QuotaTaken_IsRefusedUntilOneLeaves()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, static options => options.MaxWebSockets = 1);
        var (first, peer) = await front.OpenAsync(backend);
        using (first)
        using (peer)
        {
            var refused = await RawWebSocket.TryUpgradeAsync(front.Uri);
            Assert.Equal((503, "UNAVAILABLE"), (refused.Status, refused.ErrorCode));
            Assert.NotNull(refused.Header("Retry-After"));
            Assert.False(backend.HasCaller);
            var preflight = await front.Server.Client.GetAsync("/relayed/socket?preflight=1").Within();
            Assert.Equal(503, (int)preflight.StatusCode);
            Assert.NotNull(preflight.Headers.RetryAfter);
        }

        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
        var (second, other) = await front.OpenAsync(backend);
        second.Dispose();
        other.Dispose();
    }

    [Fact]
    public async Task Preflight_BackendUp_IsOkWithoutASession()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);

        Assert.Equal("""{"status":"ok"}""", await front.Server.Client.GetStringAsync("/relayed/socket?preflight=1").Within());

        Assert.Equal(0, front.Backend.WebSockets.Taken);
        await Assert.ThrowsAsync<EndOfStreamException>(backend.AcceptAsync);
    }

    [Fact]
    public async Task Preflight_BackendDead_Is502()
    {
        await using var front = await SocketFront.StartAsync($"http://127.0.0.1:{FreePort.Next()}");

        var answer = await HttpAnswer.SendAsync(front.Server.BaseAddress, "GET /relayed/socket?preflight=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

        Assert.Equal((502, "BACKEND_UNREACHABLE"), (answer.Status, answer.ErrorCode));
    }

    [Fact]
    public async Task Open_ClientLeavesDuringTheHandshake_NothingIsLeft()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url);
        var connecting = RawWebSocket.ConnectAsync(front.Uri, new RawHandshake());
        using var peer = await backend.AcceptAsync();
        Assert.Equal(1, front.Backend.WebSockets.Taken);

        using (var other = await RawConnection.OpenAsync(front.Uri))
        {
            await other.SendAsync("GET /relayed/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            using var waiting = await backend.AcceptAsync();
            Assert.Equal(2, front.Backend.WebSockets.Taken);
            other.Reset();
            Assert.True(await waiting.EndsAsync());
        }

        await Eventually.True(() => front.Backend.WebSockets.Taken == 1);
        await peer.SwitchAsync();
        (await connecting.Within()).Dispose();
    }

    private sealed class TokenGate : IRelayGate
    {
        public string? Token { get; private set; }

        public ValueTask<RelayDecision> DecideAsync(HttpContext context, RelayRoute route, string? token, CancellationToken cancellationToken)
        {
            Token = token;
            return ValueTask.FromResult(token is null ? RelayDecision.Refuse(new ApiError(ErrorCode.Unauthorized, "Who are you?")) : RelayDecision.Anonymous);
        }
    }
}
