using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Realtime.Tests;

/// <summary>D1: where the socket can't be had, over TLS and HTTP/2, the same goes through the server's stream.</summary>
public sealed class ServerStreamTests
{
    private const int Many = 300;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WebSocket_OverTlsOrHttp2_HearsTheRoomInOrder(bool tls)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2090, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await LiveServer.StartAsync(
            static options => options.Namespaces["default"] = new() { History = 1_000 },
            protocols: tls ? HttpProtocols.Http1 : HttpProtocols.Http2,
            build: builder => builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))));
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString();
        using var invoker = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = tls ? HttpVersion.Version11 : HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var address = new UriBuilder(tls ? server.SecureAddress : server.Address) { Scheme = tls ? "wss" : "ws", Path = "/ws" }.Uri;
        await socket.ConnectAsync(address, invoker, TestContext.Current.CancellationToken).Within();
        await server.PublishManyAsync("general", Many);

        Assert.Equal("connected", (await ReadAsync(socket)).Type);
        Assert.False(server.Core.Connections.All.Single().Sender.Outlet.BypassesServer);
        await SayAsync(socket, """{"type":"join_room","ref":"j","payload":{"room_id":"general","history":1000}}""");
        Assert.Equal(Many, (await ReadAsync(socket)).Number("replayed"));
        await server.PublishManyAsync("general", Many);
        for (var offset = 1; offset <= 2 * Many; offset++)
        {
            Assert.Equal(offset, (await ReadAsync(socket)).Offset);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken).Within();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        await Eventually.Equal(0, () => server.Connections.Count);
        server.Logs.AssertQuiet();
    }

    private static Task SayAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken).Within();

    private static async Task<LiveMessage> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1_024];
        var read = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).Within();
        Assert.True(read.EndOfMessage);
        return new LiveMessage(JsonElement.Parse(buffer.AsSpan(0, read.Count)));
    }
}
