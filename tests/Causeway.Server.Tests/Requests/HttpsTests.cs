using System.Globalization;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;

namespace Causeway.Server.Tests;

/// <summary>E6: where the program sends plain requests, and what it tells browsers to keep.</summary>
public sealed class HttpsTests
{
    private const string Behind = """
        { "Server": { "PublicUrl": "https://live.example.com", "TrustedProxies": ["127.0.0.1"] } }
        """;

    [Theory]
    [InlineData("/api/v1/rooms?limit=3")]
    [InlineData("/nowhere")]
    [InlineData("/health/x")]
    public async Task Get_PlainWithAnHttpsAddress_SentThere(string target)
    {
        await using var server = await BothAsync();

        var answer = await AskAsync(Plain(server), target, "live.example.com");

        Assert.Equal(308, answer.Status);
        Assert.Equal($"https://live.example.com:{Secured(server).Port.ToString(CultureInfo.InvariantCulture)}{target}", answer.Header("Location"));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.NotNull(answer.Header("X-Request-Id"));
    }

    [Fact]
    public async Task Get_PlainUnderTheNameOfThePublicUrl_SentToIt()
    {
        await using var server = await BothAsync("\"PublicUrl\": \"https://live.example.com\",");

        Assert.Equal("https://live.example.com/x", (await AskAsync(Plain(server), "/x", "live.example.com")).Header("Location"));
    }

    [Theory]
    [InlineData("/health", "live.example.com", 200)]
    [InlineData("/ready", "live.example.com", 200)]
    [InlineData("/health", "127.0.0.1", 200)]
    [InlineData("/api/v1/overview", "127.0.0.1", 200)]
    [InlineData("/api/v1/overview", "localhost:8080", 200)]
    [InlineData("/", "evil.example", 400)]
    public async Task Get_ProbesLocalNamesAndStrangers_AreNotSentAnywhere(string path, string host, int status)
    {
        await using var server = await BothAsync();

        var answer = await AskAsync(Plain(server), path, host);

        Assert.Equal(status, answer.Status);
        Assert.Null(answer.Header("Location"));
    }

    [Fact]
    public async Task Get_RedirectOff_AnswersPlain()
    {
        await using var server = await BothAsync("\"HttpsRedirect\": false,");

        Assert.Equal(404, (await AskAsync(Plain(server), "/nowhere", "live.example.com")).Status);
    }

    [Fact]
    public async Task Get_OtherKindOfAddress_IsNoWayToHttps()
    {
        var admin = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        await using var server = await RunningServer.StartAsync(
            "{ \"Auth\": { \"AllowedHosts\": [\"live.example.com\"] } }", $"--Server:AdminUrls=https://127.0.0.1:{admin}");

        Assert.Equal(404, (await AskAsync(Plain(server), "/nowhere", "live.example.com")).Status);
    }

    [Theory]
    [InlineData("http", 308)]
    [InlineData("https", 404)]
    [InlineData(null, 404)]
    public async Task Get_BehindAProxy_GoesByWhatTheProxySays(string? scheme, int status)
    {
        await using var server = await RunningServer.StartAsync(Behind);

        var answer = await AskAsync(server.Address, "/nowhere?a=b", "live.example.com", scheme is null ? "" : $"X-Forwarded-Proto: {scheme}\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 308 ? "https://live.example.com/nowhere?a=b" : null, answer.Header("Location"));
        Assert.Equal(scheme == "https" ? "max-age=2592000" : null, answer.Header("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("\"Environment\": \"development\",", null)]
    [InlineData("\"Environment\": \"staging\",", "max-age=2592000")]
    [InlineData("", "max-age=2592000")]
    public async Task Get_OverHttps_IsKeptOutsideOfDevelopment(string environment, string? strict)
    {
        await using var server = await RunningServer.StartAsync(Behind.Replace("{ \"Server\"", "{ " + environment + " \"Server\"", StringComparison.Ordinal));

        Assert.Equal(strict, (await AskAsync(server.Address, "/health", "live.example.com", "X-Forwarded-Proto: https\r\n")).Header("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Get_HstsConfigured_SaysSo()
    {
        await using var server = await RunningServer.StartAsync(
            Behind, "--Server:Hsts:Days=365", "--Server:Hsts:IncludeSubDomains=true", "--Server:Hsts:Preload=true");

        Assert.Equal(
            "max-age=31536000; includeSubDomains; preload",
            (await AskAsync(server.Address, "/health", "live.example.com", "X-Forwarded-Proto: https\r\n")).Header("Strict-Transport-Security"));
    }

    [Fact]
    public void Load_PreloadWithoutSubDomains_NamesTheKey()
    {
        using var directory = new TempDirectory();

        var exception = Assert.Throws<ConfigurationException>(() => ServerSettings.Load(["--Server:Hsts:Preload=true"], RunningServer.Look(directory.Path)));

        Assert.Contains("Server:Hsts:Preload", exception.Message, StringComparison.Ordinal);
    }

    private static Uri Plain(RunningServer server) => AddressOf(server, "http");

    private static Uri Secured(RunningServer server) => AddressOf(server, "https");

    private static Uri AddressOf(RunningServer server, string scheme) => server.App.Urls.Select(static url => new Uri(url)).First(url => url.Scheme == scheme);

    private static Task<RunningServer> BothAsync(string more = "") => RunningServer.StartAsync(
        $$"""{ "Server": { {{more}} "Urls": "http://127.0.0.1:0;https://127.0.0.1:0" }, "Auth": { "AllowedHosts": ["live.example.com"] } }""");

    private static Task<HttpAnswer> AskAsync(Uri server, string target, string host, string headers = "") =>
        HttpAnswer.SendAsync(server, $"GET {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
}
