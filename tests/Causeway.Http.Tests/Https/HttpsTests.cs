using System.ComponentModel.DataAnnotations;

namespace Causeway.Http.Tests;

/// <summary>E6: the way to HTTPS.</summary>
public sealed class HttpsTests
{
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("POST", "/rooms/a%2Fb%20c?x=1&y=%0d%0a")]
    [InlineData("GET", "//evil.example/x")]
    [InlineData("OPTIONS", "/nowhere?")]
    public async Task UseHttpsPolicy_PlainRequest_SentToTheSamePathAndQuery(string method, string target)
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, method, target);

        Assert.Equal(308, answer.Status);
        Assert.Equal("https://live.example.com:8443" + target, answer.Header("Location"));
        Assert.Equal("no-cache", answer.Header("Cache-Control"));
        Assert.Null(answer.Header("Strict-Transport-Security"));
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task UseHttpsPolicy_NowhereToGo_AnsweredAsItIs()
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, "GET", "/here");

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Header("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("live.example.com", "max-age=2592000; includeSubDomains")]
    [InlineData("live.example.com:8443", "max-age=2592000; includeSubDomains")]
    [InlineData("localhost", null)]
    [InlineData("localhost:8443", null)]
    [InlineData("dev.localhost", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("192.168.1.5:8443", null)]
    [InlineData("[2001:db8::1]:8443", null)]
    public async Task UseHttpsPolicy_OverHttps_NamesAreKeptAndNothingElse(string host, string? strict)
    {
        await using var server = await StartAsync();

        var answer = await AskAsync(server, "GET", "/", host, "Test-Scheme: https\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal(strict, answer.Header("Strict-Transport-Security"));
    }

    [Fact]
    public async Task UseHttpsPolicy_Forget_TellsBrowsersToForget()
    {
        await using var server = await StartAsync(static options => (options.StrictFor, options.IncludeSubDomains) = (TimeSpan.Zero, false));

        Assert.Equal("max-age=0", (await AskAsync(server, "GET", "/", "live.example.com", "Test-Scheme: https\r\n")).Header("Strict-Transport-Security"));
    }

    [Fact]
    public async Task UseHttpsPolicy_SaysNothing_SendsNone()
    {
        await using var server = await StartAsync(static options => options.StrictFor = null);

        Assert.Null((await AskAsync(server, "GET", "/", "live.example.com", "Test-Scheme: https\r\n")).Header("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData(365, false, true)]
    [InlineData(364, true, true)]
    [InlineData(-1, true, false)]
    [InlineData(4_000, true, false)]
    public async Task UseHttpsPolicy_Contradiction_FailsTheStart(int days, bool subDomains, bool preload) =>
        await Assert.ThrowsAsync<ValidationException>(() => StartAsync(options =>
            (options.StrictFor, options.IncludeSubDomains, options.Preload) = (TimeSpan.FromDays(days), subDomains, preload)));

    private static Task<HttpAnswer> AskAsync(TestServer server, string method, string target, string host = "live.example.com", string headers = "") =>
        HttpAnswer.SendAsync(server.BaseAddress, $"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");

    private static Task<TestServer> StartAsync(Action<HttpsOptions>? configure = null) => TestServer.StartAsync(app =>
    {
        app.UseApiErrors();
        app.Use(static (context, next) =>
        {
            if (context.Request.Headers["Test-Scheme"] is [{ } scheme])
            {
                context.Request.Scheme = scheme;
            }

            return next(context);
        });
        app.UseHttpsPolicy(options =>
        {
            options.RedirectTo = static context => context.Request.Path == "/here" ? null : "live.example.com:8443";
            options.StrictFor = TimeSpan.FromDays(30);
            options.IncludeSubDomains = true;
            configure?.Invoke(options);
        });
        app.Run(static context => context.Response.WriteAsync("here"));
    });
}
