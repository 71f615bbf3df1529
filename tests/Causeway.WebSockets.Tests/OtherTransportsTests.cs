using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.WebSockets.Tests;

/// <summary>HTTP/2 (RFC 8441) and TLS, where bytes leave through the server's stream.</summary>
public sealed class OtherTransportsTests
{
    [Fact]
    public async Task AcceptAsync_Http2WithoutTls_Converses()
    {
        await using var server = await TestServer.StartAsync(Echo.Map, protocols: HttpProtocols.Http2);
        using var client = new ClientWebSocket();
        client.Options.HttpVersion = HttpVersion.Version20;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);
        client.Options.AddSubProtocol("causeway.v1");

        await client.ConnectAsync(server.WebSocketUri(), invoker, CancellationToken.None).Within();

        Assert.Equal("causeway.v1", client.SubProtocol);
        await ClientConversation.HoldAsync(client);
    }

    [Fact]
    public async Task AcceptAsync_ManyOverOneHttp2Connection_AllConverse()
    {
        await using var server = await TestServer.StartAsync(Echo.Map, protocols: HttpProtocols.Http2);
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using var client = new ClientWebSocket();
            client.Options.HttpVersion = HttpVersion.Version20;
            client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            await client.ConnectAsync(server.WebSocketUri(), invoker, CancellationToken.None);
            await ClientConversation.HoldAsync(client);
        })).Within();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AcceptAsync_Tls_Converses(int version)
    {
        using var certificate = SelfSigned();
        await using var server = await StartTlsAsync(certificate, Echo.Map);
        using var client = new ClientWebSocket();
        client.Options.HttpVersion = new Version(version, version == 1 ? 1 : 0);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var handler = new SocketsHttpHandler { SslOptions = Trusting(certificate) };
        using var invoker = new HttpMessageInvoker(handler);

        await client.ConnectAsync(TlsUri(server), invoker, CancellationToken.None).Within();

        await ClientConversation.HoldAsync(client);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Reset_ThroughTheStream_EndsTheLine(int version)
    {
        using var certificate = SelfSigned();
        var outlets = new TaskCompletionSource<Outlet>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StartTlsAsync(certificate, app => OutletTests.Map(app, outlets));
        using var client = new ClientWebSocket();
        client.Options.HttpVersion = new Version(version, version == 1 ? 1 : 0);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var handler = new SocketsHttpHandler { SslOptions = Trusting(certificate) };
        using var invoker = new HttpMessageInvoker(handler);
        await client.ConnectAsync(TlsUri(server), invoker, CancellationToken.None).Within();
        var outlet = await outlets.Task.Within();
        Assert.False(outlet.BypassesServer);
        Assert.Equal(0, outlet.TryWrite(FrameBuilder.Build(Opcode.Text, "never taken"u8)));
        await outlet.WriteAsync(FrameBuilder.Build(Opcode.Text, "Hello"u8));
        var buffer = new byte[100];
        Assert.Equal(5, (await client.ReceiveAsync(buffer, CancellationToken.None).Within()).Count);

        outlet.Reset();
        outlet.Reset();

        await Assert.ThrowsAsync<WebSocketException>(() => client.ReceiveAsync(buffer, CancellationToken.None).Within());
        await Eventually.True(() => outlet.TryWrite("x"u8) == -1);
        await Assert.ThrowsAsync<IOException>(async () => await outlet.WriteAsync(new byte[10]));
    }

    private static Task<TestServer> StartTlsAsync(X509Certificate2 certificate, Action<WebApplication> configure) =>
        TestServer.StartAsync(configure, builder => builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))));

    private static Uri TlsUri(TestServer server)
    {
        var address = new Uri(server.App.Urls.Single(static url => url.StartsWith("https:", StringComparison.Ordinal)));
        return new UriBuilder(address) { Scheme = "wss", Path = "/ws" }.Uri;
    }

    private static SslClientAuthenticationOptions Trusting(X509Certificate2 certificate) => new()
    {
        RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString(),
    };

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
