using System.Net;
using Microsoft.Extensions.Options;

namespace Causeway.Http.Tests;

/// <summary>E4, D11: Host and Origin are checked on every route.</summary>
public sealed class HostAndOriginTests
{
    private const string PublicUrl = "https://live.example.com";

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost:1234", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("tools.example.com", true)]
    [InlineData("TOOLS.example.com:99", true)]
    [InlineData("a.dev.example.com", true)]
    [InlineData("dev.example.com", false)]
    [InlineData("evildev.example.com", false)]
    [InlineData("attacker.example", false)]
    [InlineData("localhost.attacker.example", false)]
    [InlineData("tools.example.com.attacker.example", false)]
    [InlineData("192.168.1.2", false)]
    [InlineData("", false)]
    public async Task UseHostAndOriginCheck_Local_TakesLocalAndConfiguredHosts(string host, bool taken)
    {
        await using var server = await StartAsync(options => options.Urls.Add("http://127.0.0.1:8080"), hosts: ["tools.example.com", "*.dev.example.com"]);

        await AssertHostAsync(server, host, taken);
    }

    [Theory]
    [InlineData("live.example.com", true)]
    [InlineData("live.example.com:443", true)]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("other.example.com", false)]
    public async Task UseHostAndOriginCheck_ExposedWithPublicUrl_TakesItsHost(string host, bool taken)
    {
        await using var server = await StartAsync(static options =>
        {
            options.Urls.Add("http://0.0.0.0:8080");
            options.PublicUrl = PublicUrl;
        });

        await AssertHostAsync(server, host, taken);
        Assert.Empty(server.Logs.Named("HostNamesUnknown"));
    }

    [Theory]
    [InlineData("10.1.2.3:8080", true)]
    [InlineData("[2001:db8::1]:8080", true)]
    [InlineData("box.lan", true)]
    [InlineData("other.lan", false)]
    [InlineData("10.1.2.3.attacker.example", false)]
    public async Task UseHostAndOriginCheck_ExposedWithoutNames_TakesAddressesAndSaysSo(string host, bool taken)
    {
        await using var server = await StartAsync(static options =>
        {
            options.Urls.Add("http://0.0.0.0:8080");
            options.Urls.Add("http://box.lan:8080");
        });

        await AssertHostAsync(server, host, taken);
        await server.Logs.WaitFor("HostNamesUnknown");
    }

    [Fact]
    public async Task UseHostAndOriginCheck_AnyHostConfigured_TakesAny()
    {
        await using var server = await StartAsync(static options => options.Urls.Add("http://127.0.0.1:8080"), hosts: ["*"]);

        await AssertHostAsync(server, "anything.example", taken: true);
    }

    [Fact]
    public async Task UseHostAndOriginCheck_HostRefused_SaysWhichAndWhatToChange()
    {
        await using var server = await StartAsync(static options => options.Urls.Add("http://127.0.0.1:8080"));
        using var request = HttpAssert.Get("/");
        request.Headers.Host = "attacker.example";

        var error = await HttpAssert.IsErrorAsync(await server.SendAsync(request), HttpStatusCode.BadRequest, "INVALID_MESSAGE");

        Assert.Contains("Auth:AllowedHosts", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("attacker.example", error.GetProperty("details").GetProperty("host").GetString());
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("http://localhost", true)]
    [InlineData("http://localhost:80", true)]
    [InlineData("HTTP://LOCALHOST", true)]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://APP.example.com:443", true)]
    [InlineData("capacitor://localhost", true)]
    [InlineData("https://localhost", false)]
    [InlineData("http://localhost:8080", false)]
    [InlineData("http://127.0.0.1", false)]
    [InlineData("http://app.example.com", false)]
    [InlineData("https://app.example.com:444", false)]
    [InlineData("https://app.example.com.attacker.example", false)]
    [InlineData("https://app.example.com/", false)]
    [InlineData("https://app.example.com@attacker.example", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    [InlineData("localhost", false)]
    [InlineData("*", false)]
    public async Task UseHostAndOriginCheck_Origin_MustBeOwnOrAllowed(string? origin, bool taken)
    {
        await using var server = await StartAsync(
            static options => options.Urls.Add("http://127.0.0.1:8080"), origins: ["https://app.example.com", "capacitor://localhost"]);
        foreach (var method in (string[])["GET", "POST", "OPTIONS"])
        {
            var header = origin is null ? "" : $"Origin: {origin}\r\n";
            var answer = await HttpAnswer.SendAsync(
                server.BaseAddress, $"{method} / HTTP/1.1\r\nHost: localhost\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n");

            Assert.Equal(taken ? 200 : 403, answer.Status);
            Assert.Equal(taken ? null : "FORBIDDEN", answer.ErrorCode);
        }
    }

    [Fact]
    public async Task UseHostAndOriginCheck_TwoOrigins_AreForeign()
    {
        await using var server = await StartAsync(static options => options.Urls.Add("http://127.0.0.1:8080"));
        var answer = await HttpAnswer.SendAsync(
            server.BaseAddress, "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal(403, answer.Status);
    }

    [Fact]
    public async Task UseHostAndOriginCheck_PublicUrlBehindTlsProxy_TakesItsOrigin()
    {
        await using var server = await StartAsync(static options =>
        {
            options.Urls.Add("http://127.0.0.1:8080");
            options.PublicUrl = PublicUrl;
        });
        var answer = await HttpAnswer.SendAsync(
            server.BaseAddress, $"GET / HTTP/1.1\r\nHost: live.example.com\r\nOrigin: {PublicUrl}\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task UseHostAndOriginCheck_UnknownRoute_IsCheckedToo()
    {
        await using var server = await StartAsync(static options => options.Urls.Add("http://127.0.0.1:8080"));
        var answer = await HttpAnswer.SendAsync(
            server.BaseAddress, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nConnection: close\r\n\r\n");

        Assert.Equal("FORBIDDEN", answer.ErrorCode);
    }

    [Theory]
    [InlineData("https://app.example.com", null, "AllowedHosts")]
    [InlineData("two words", null, "AllowedHosts")]
    [InlineData("a*.example.com", null, "AllowedHosts")]
    [InlineData(null, "app.example.com", "AllowedOrigins")]
    [InlineData(null, "https://app.example.com/path", "AllowedOrigins")]
    [InlineData(null, "*", "AllowedOrigins")]
    [InlineData(null, "null", "AllowedOrigins")]
    public async Task AddHostAndOriginCheck_UnusableSetting_FailsTheStart(string? host, string? origin, string setting)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(
            static options => options.Urls.Add("http://127.0.0.1:8080"), host is null ? [] : [host], origin is null ? [] : [origin]));

        Assert.Contains(setting, failure.Message, StringComparison.Ordinal);
        Assert.Contains(host ?? origin!, failure.Message, StringComparison.Ordinal);
    }

    private static async Task AssertHostAsync(TestServer server, string host, bool taken)
    {
        var answer = await HttpAnswer.SendAsync(server.BaseAddress, $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        Assert.Equal(taken ? 200 : 400, answer.Status);
        Assert.Equal(taken ? null : "INVALID_MESSAGE", answer.ErrorCode);
    }

    private static Task<TestServer> StartAsync(Action<ExposureOptions> configure, string[]? hosts = null, string[]? origins = null) => TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.UseHostAndOriginCheck();
            app.MapMethods("/", ["GET", "POST", "OPTIONS"], static () => "here");
        },
        builder =>
        {
            builder.Services.AddLocalAccess(configure);
            builder.Services.AddHostAndOriginCheck(options =>
            {
                foreach (var host in hosts ?? [])
                {
                    options.AllowedHosts.Add(host);
                }

                foreach (var origin in origins ?? [])
                {
                    options.AllowedOrigins.Add(origin);
                }
            });
        });
}
