using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    private static Uri UrlOf(TestServer backend) => new(backend.App.Urls.First(static url => url.StartsWith("https:", StringComparison.Ordinal)));

    private static Task<TestServer> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=backend", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
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
