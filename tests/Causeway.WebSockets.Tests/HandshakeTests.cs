using System.Net;
using System.Net.WebSockets;
using Causeway.Testing;
using Microsoft.AspNetCore.Http;

namespace Causeway.WebSockets.Tests;

public sealed class HandshakeTests(EchoServer server) : IClassFixture<EchoServer>
{
    [Theory]
    [InlineData("Sec-WebSocket-Key", "", "Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Key", "bm90IHNpeHRlZW4gYnl0ZXM", "Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAA", "Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAA===", "Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Key", "!!!!!!!!!!!!!!!!!!!!!!==", "Sec-WebSocket-Key")]
    [InlineData("Sec-WebSocket-Version", "", "Sec-WebSocket-Version")]
    [InlineData("Connection", "", "Connection")]
    [InlineData("Connection", "keep-alive", "Connection")]
    [InlineData("Upgrade", "", "Upgrade")]
    [InlineData("Upgrade", "h2c", "Upgrade")]
    public async Task Validate_FaultyHeader_IsNamed(string name, string value, string named)
    {
        var answer = await RawWebSocket.TryUpgradeAsync(server.WebSocket, new RawHandshake { Headers = new Dictionary<string, string> { [name] = value } });

        Assert.Equal(400, answer.Status);
        Assert.StartsWith("True ", answer.Text, StringComparison.Ordinal);
        Assert.Contains(named, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public async Task Validate_OtherMethod_IsRefused(string method)
    {
        var answer = await RawWebSocket.TryUpgradeAsync(server.WebSocket, new RawHandshake { Method = method });

        Assert.Equal(400, answer.Status);
        Assert.Contains("GET", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12")]
    [InlineData("8")]
    [InlineData("14")]
    [InlineData("13, 8")]
    [InlineData("thirteen")]
    public async Task IsUnsupportedVersion_NotThirteen_IsToldApart(string version)
    {
        var answer = await RawWebSocket.TryUpgradeAsync(
            server.WebSocket, new RawHandshake { Headers = new Dictionary<string, string> { ["Sec-WebSocket-Version"] = version } });

        Assert.Equal(426, answer.Status);
        Assert.Equal("13", answer.Header("Sec-WebSocket-Version"));
    }

    [Fact]
    public async Task Validate_Http10_IsRefused()
    {
        var answer = await HttpAnswer.SendAsync(
            server.Base,
            "GET /ws HTTP/1.0\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");

        Assert.Equal(400, answer.Status);
        Assert.Contains("HTTP/1.1", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsWebSocketRequest_OrdinaryGet_IsNone()
    {
        var answer = await HttpAnswer.SendAsync(server.Base, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("False ", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keep-alive, Upgrade", "websocket")]
    [InlineData("upgrade", "WebSocket")]
    [InlineData("Upgrade", "h2c, websocket")]
    public async Task AcceptAsync_TokensInAnyCaseAndCompany_AnswersAsInTheRfc(string connection, string upgrade)
    {
        var answer = await RawWebSocket.TryUpgradeAsync(server.WebSocket, new RawHandshake
        {
            Headers = new Dictionary<string, string>
            {
                ["Connection"] = connection,
                ["Upgrade"] = upgrade,
                ["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ==",
            },
        });

        Assert.Equal(101, answer.Status);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer.Header("Sec-WebSocket-Accept"));
        Assert.Equal("websocket", answer.Header("Upgrade"));
        Assert.Equal("Upgrade", answer.Header("Connection"));
        Assert.Null(answer.Header("Sec-WebSocket-Protocol"));
        Assert.Null(answer.Header("Sec-WebSocket-Extensions"));
    }

    [Fact]
    public async Task AcceptAsync_Subprotocol_IsNamed()
    {
        var answer = await RawWebSocket.TryUpgradeAsync(server.WebSocket, new RawHandshake { Protocols = ["causeway.v1", "other"] });

        Assert.Equal("causeway.v1", answer.Header("Sec-WebSocket-Protocol"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AcceptAsync_DotnetsClient_Converses(bool deflate)
    {
        using var client = new ClientWebSocket();
        client.Options.DangerousDeflateOptions = deflate ? new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false } : null;
        await client.ConnectAsync(server.WebSocket, CancellationToken.None).Within();

        await ClientConversation.HoldAsync(client);
    }

    [Fact]
    public void Validate_NoServerFeature_SaysSo()
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Headers.Upgrade = "websocket";
        context.Request.Headers.Connection = "Upgrade";
        context.Request.Headers.SecWebSocketVersion = "13";
        context.Request.Headers.SecWebSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";

        Assert.Equal("This request can't be upgraded.", WebSocketHandshake.Validate(context));
    }
}
