using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Relay.Tests.WebSockets;

/// <summary>Other transports on either side: HTTP/2 and TLS in front, TLS behind, and a backend on Kestrel.</summary>
public sealed class TransportTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Relay_OverHttpVersion_Converses(int version)
    {
        await using var backend = await StartEchoAsync();
        await using var front = await SocketFront.StartAsync(backend.BaseAddress.ToString(), protocols: version == 2 ? HttpProtocols.Http2 : HttpProtocols.Http1);
        using var client = Client(version);
        client.Options.AddSubProtocol("tty");
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);

        await client.ConnectAsync(front.Uri, invoker, CancellationToken.None).Within();

        Assert.Equal("tty", client.SubProtocol);
        await HoldAsync(client);
        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Fact]
    public async Task Relay_ManyOverOneHttp2Connection_AllConverse()
    {
        await using var backend = await StartEchoAsync();
        await using var front = await SocketFront.StartAsync(backend.BaseAddress.ToString(), protocols: HttpProtocols.Http2);
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var client = Client(2);
            await client.ConnectAsync(front.Uri, invoker, CancellationToken.None);
            await HoldAsync(client);
        })).Within();

        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Fact]
    public async Task Relay_BackendDiesUnderHttp2_ClientSeesNoCleanClose()
    {
        using var backend = new SocketBackend();
        await using var front = await SocketFront.StartAsync(backend.Url, protocols: HttpProtocols.Http2);
        using var client = Client(2);
        client.Options.AddSubProtocol("tty");
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);
        var connecting = client.ConnectAsync(front.Uri, invoker, CancellationToken.None);
        using (var peer = await backend.AcceptAsync())
        {
            Assert.Equal("GET /relayed/socket HTTP/1.1", peer.RequestLine);
            await peer.SwitchAsync("Sec-WebSocket-Protocol: tty\r\n");
            await connecting.Within();
            Assert.Equal("tty", peer.Header("Sec-WebSocket-Protocol"));
            Assert.Equal("tty", client.SubProtocol);
        }

        await Assert.ThrowsAsync<WebSocketException>(() => client.ReceiveAsync(new byte[10], CancellationToken.None).Within());
        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Relay_TlsInFront_Converses(int version)
    {
        using var certificate = SelfSigned();
        await using var backend = await StartEchoAsync();
        await using var front = await SocketFront.StartAsync(backend.BaseAddress.ToString(), build: builder => builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))));
        var address = new Uri(front.Server.App.Urls.Single(static url => url.StartsWith("https:", StringComparison.Ordinal)));
        using var client = Client(version);
        using var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() } };
        using var invoker = new HttpMessageInvoker(handler);

        await client.ConnectAsync(new UriBuilder(address) { Scheme = "wss", Path = "/relayed/socket" }.Uri, invoker, CancellationToken.None).Within();

        await HoldAsync(client);
        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relay_SelfSignedBackend_OnlyWhereAllowed(bool allowed)
    {
        using var certificate = SelfSigned();
        await using var backend = await StartEchoAsync(builder => builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))));
        var address = backend.App.Urls.Single(static url => url.StartsWith("https:", StringComparison.Ordinal));
        await using var front = await SocketFront.StartAsync(address, options => options.AllowSelfSigned = allowed);
        if (!allowed)
        {
            var refused = await RawWebSocket.TryUpgradeAsync(front.Uri);
            Assert.Equal((502, "BACKEND_UNREACHABLE"), (refused.Status, refused.ErrorCode));
            return;
        }

        using var client = Client(1);
        await client.ConnectAsync(front.Uri, CancellationToken.None).Within();
        await HoldAsync(client);
        await Eventually.True(() => front.Backend.WebSockets.Taken == 0);
    }

    [Fact]
    public async Task Relay_FirstAddressDead_TakesTheNext()
    {
        await using var backend = await StartEchoAsync();
        await using var front = await SocketFront.StartAsync(
            $"http://127.0.0.1:{FreePort.Next()}", options => options.Urls.Add(backend.BaseAddress.ToString()));
        for (var i = 0; i < 3; i++)
        {
            using var client = Client(1);
            await client.ConnectAsync(front.Uri, CancellationToken.None).Within();
            await HoldAsync(client);
        }
    }

    private static ClientWebSocket Client(int version)
    {
        var client = new ClientWebSocket();
        client.Options.HttpVersion = version == 2 ? HttpVersion.Version20 : HttpVersion.Version11;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        var issued = authority.Issue(TimeSpan.FromDays(1));
        return X509Certificate2.CreateFromPem(issued.Certificates, issued.Key);
    }

    private static Task<TestServer> StartEchoAsync(Action<WebApplicationBuilder>? build = null) => TestServer.StartAsync(
        static app =>
        {
            app.UseWebSockets();
            app.Map("/relayed/socket", EchoAsync);
        },
        build);

    private static async Task EchoAsync(HttpContext context)
    {
        var offers = context.WebSockets.WebSocketRequestedProtocols;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(offers.Count > 0 ? offers[0] : null);
        var buffer = new byte[100_000];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(received.CloseStatus!.Value, received.CloseStatusDescription, context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }

    private static async Task HoldAsync(ClientWebSocket client)
    {
        foreach (var length in (int[])[0, 1, 125, 126, 65_535, 65_536, 500_000])
        {
            var sent = Encoding.ASCII.GetBytes(new string('x', length));
            await client.SendAsync(sent, WebSocketMessageType.Text, true, CancellationToken.None).Within();
            var got = 0;
            var buffer = new byte[100_000];
            ValueWebSocketReceiveResult part;
            do
            {
                part = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).Within();
                got += part.Count;
            }
            while (!part.EndOfMessage);

            Assert.Equal(length, got);
        }

        await client.CloseAsync((WebSocketCloseStatus)4242, "done", CancellationToken.None).Within();
        Assert.Equal(((WebSocketCloseStatus)4242, "done"), (client.CloseStatus!.Value, client.CloseStatusDescription));
    }
}
