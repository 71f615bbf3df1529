using Causeway.Hosting;
using Causeway.Testing;

namespace Causeway.Relay.Tests.Site;

/// <summary>B1: the page answers those who navigate, and nobody else.</summary>
public sealed class FallbackTests : IAsyncLifetime
{
    private SiteServer _site = null!;

    public async ValueTask InitializeAsync() => _site = await SiteServer.StartAsync(options => options.Reserved.Add("/internal"));

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/index.html")]
    [InlineData("/settings/profile")]
    [InlineData("/settings/profile/")]
    [InlineData("/users/john.doe")]
    [InlineData("/repos/owner%2Fname")]
    [InlineData("/at/12:30")]
    [InlineData("/healthy")]
    [InlineData("/apis")]
    [InlineData("/con")]
    public async Task Navigate_NoFileThere_GetsThePageUncached(string path)
    {
        var answer = await _site.NavigateAsync(path);

        Assert.Equal(200, answer.Status);
        Assert.Equal(SiteServer.Page, answer.Text);
        Assert.Equal("text/html; charset=utf-8", answer.Header("Content-Type"));
        Assert.Equal("no-cache", answer.Header("Cache-Control"));
        Assert.NotNull(answer.Header("ETag"));
    }

    [Theory]
    [InlineData("*/*", null)]
    [InlineData("application/json", null)]
    [InlineData("text/html;q=0, */*", null)]
    [InlineData("nonsense;;", null)]
    [InlineData("text/html", "script")]
    [InlineData("text/html", "style")]
    [InlineData("text/html", "image")]
    public async Task Get_NotNavigating_MissingIsMissing(string accept, string? destination)
    {
        (string, string)[] headers = destination is null ? [("Accept", accept)] : [("Accept", accept), ("Sec-Fetch-Dest", destination)];

        foreach (var path in new[] { "/assets/index-AAAAAAA1.js", "/settings/profile", "/missing.css" })
        {
            await AssertNotFoundAsync("GET", path, headers);
        }
    }

    [Fact]
    public async Task Get_NoAcceptAtAll_MissingIsMissing() => await AssertNotFoundAsync("GET", "/settings/profile");

    [Theory]
    [InlineData("/api")]
    [InlineData("/api/")]
    [InlineData("/API/v1/nothing")]
    [InlineData("/api/v1/rooms/a/nothing")]
    [InlineData("/ws/nothing")]
    [InlineData("/sse/nothing")]
    [InlineData("/metrics")]
    [InlineData("/openapi/v9.json")]
    [InlineData("/docs")]
    [InlineData("/_console")]
    [InlineData("/internal/thing")]
    public async Task Navigate_PathOfTheService_JsonNotFound(string path)
    {
        Directory.CreateDirectory(_site["api"]);
        await File.WriteAllTextAsync(_site["api/index.html"], "not the API");
        await AssertNotFoundAsync("GET", path, ("Accept", "text/html"));
    }

    [Theory]
    [InlineData("GET", "/health", 200, null)]
    [InlineData("POST", "/health", 405, "GET")]
    [InlineData("POST", "/api/v1/publish", 200, null)]
    [InlineData("GET", "/api/v1/publish", 405, "POST")]
    [InlineData("PUT", "/api/v1/rooms/a", 405, "DELETE, GET")]
    [InlineData("POST", "/api/v1/nothing", 404, null)]
    [InlineData("POST", "/", 405, "GET, HEAD")]
    [InlineData("PUT", "/logo.svg", 405, "GET, HEAD")]
    [InlineData("DELETE", "/assets/index-BfX2a9Qz.js", 405, "GET, HEAD")]
    [InlineData("POST", "/settings/profile", 404, null)]
    [InlineData("OPTIONS", "/settings", 404, null)]
    [InlineData("HEAD", "/settings/profile", 200, null)]
    [InlineData("HEAD", "/logo.svg", 200, null)]
    public async Task AnyMethod_WithTheSiteBehind_StatusAndAllowAreRight(string method, string path, int status, string? allow)
    {
        var answer = await _site.SendAsync(method, path, ("Accept", "text/html"), ("Content-Length", "0"));

        Assert.Equal(status, answer.Status);
        Assert.Equal(allow, answer.Header("Allow") is { } methods ? string.Join(", ", methods.Split(", ").Order()) : null);
        if (status >= 400)
        {
            Assert.NotNull(answer.ErrorCode);
        }
    }

    [Fact]
    public async Task Navigate_PageNamed404_IsSentWithThatStatusAndInFull()
    {
        await using var site = await SiteServer.StartAsync(
            static options => options.Fallback = "404.html", static files => files.Write("dist/404.html", "<h1>Nothing here</h1>"));

        var missing = await site.NavigateAsync("/nothing");
        var again = await site.SendAsync("GET", "/nothing", ("Accept", "text/html"), ("If-None-Match", missing.Header("ETag")!));

        Assert.Equal((404, "<h1>Nothing here</h1>"), (missing.Status, missing.Text));
        Assert.Equal(404, again.Status);
        Assert.Equal(200, (await site.NavigateAsync("/")).Status);
    }

    [Fact]
    public async Task Navigate_PageGoneMeanwhile_NotFoundUntilItIsBack()
    {
        await using var site = await SiteServer.StartAsync();
        File.Delete(site["index.html"]);
        Assert.Equal(404, (await site.NavigateAsync("/deep/link")).Status);

        await File.WriteAllTextAsync(site["index.html"], "the next build");

        Assert.Equal("the next build", (await site.NavigateAsync("/deep/link")).Text);
    }

    [Fact]
    public async Task Start_DirectoryMissing_NamesTheKey()
    {
        var exception = await Assert.ThrowsAsync<ConfigurationException>(() => SiteServer.StartAsync(static options => options.Directory = "/nowhere/at/all"));

        Assert.Contains("Relay:Site:Directory names /nowhere/at/all", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PageMissing_NamesTheKey()
    {
        var exception = await Assert.ThrowsAsync<ConfigurationException>(() => SiteServer.StartAsync(static options => options.Fallback = "app.html"));

        Assert.Contains("Relay:Site:Fallback names app.html", exception.Message, StringComparison.Ordinal);
    }

    private async Task AssertNotFoundAsync(string method, string path, params (string, string)[] headers)
    {
        var answer = await _site.SendAsync(method, path, headers);
        Assert.True(answer.Status == 404, $"{path}: {answer.Status}");
        Assert.Equal("NOT_FOUND", answer.ErrorCode);
    }
}
