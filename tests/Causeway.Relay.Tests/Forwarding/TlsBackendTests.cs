using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay.Tests.Forwarding;

public sealed class TlsBackendTests
{
    [Fact]
    public async Task SelfSigned_NotAllowed_Answers502InPhaseTls()
    {
        await using var backend = await StartAsync();
        await using var front = await RelayFront.StartAsync(UrlOf(backend));

        var answer = await EchoBackend.AskAsync(front);

        Assert.Equal((502, "BACKEND_UNREACHABLE"), (answer.Status, answer.ErrorCode));
        Assert.Equal("tls", answer.Json.GetProperty("error").GetProperty("details").GetProperty("phase").GetString());
    }

    [Fact]
    public async Task SelfSigned_Allowed_RelaysBothWays()
    {
        await using var backend = await StartAsync();
        await using var front = await RelayFront.StartAsync(static options => options.AllowSelfSigned = true, UrlOf(backend));
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);

        for (var i = 0; i < 2; i++)
        {
            using var content = new ByteArrayContent(bytes);
            using var answer = await front.Client.PostAsync("/", content).Within();
            Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task PlainBackendBehindHttps_Answers502InPhaseTls()
    {
        await using var backend = RawBackend.Start(static peer => peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"));
        await using var front = await RelayFront.StartAsync(static options => options.AllowSelfSigned = true, new UriBuilder(backend.Url) { Scheme = "https" }.Uri);

        Assert.Equal(502, (await EchoBackend.AskAsync(front)).Status);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(8_192 - 42)]
    [InlineData(20_000)]
    public async Task Backend_SaysMoreThanItsBody_TheRestIsNobodysAnswer(int length)
    {
        using var certificate = SelfSigned();
        await using var backend = RawBackend.Start(async peer =>
        {
            await using var tls = await peer.SecureAsync(certificate);
            var buffer = new byte[4_096];
            while (await tls.ReadAsync(buffer, peer.Stop) > 0)
            {
                var answer = $"HTTP/1.1 200 OK\r\nContent-Length: {length:D5}\r\n\r\n{new string('x', length)}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
                await tls.WriteAsync(Encoding.ASCII.GetBytes(answer), peer.Stop);
            }
        });
        await using var front = await RelayFront.StartAsync(static options => options.AllowSelfSigned = true, new UriBuilder(backend.Url) { Scheme = "https" }.Uri);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(new string('x', length), (await EchoBackend.AskAsync(front)).Text);
        }
    }

    private static Uri UrlOf(TestServer backend) => new(backend.App.Urls.First(static url => url.StartsWith("https:", StringComparison.Ordinal)));

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=backend", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static Task<TestServer> StartAsync()
    {
        var certificate = SelfSigned();
        return TestServer.StartAsync(
            static app => app.Map("/", static async (HttpContext context) =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                return Results.Bytes(body.ToArray());
            }),
            builder => builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))));
    }
}
