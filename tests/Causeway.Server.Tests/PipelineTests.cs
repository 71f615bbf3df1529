using Causeway.Testing;

namespace Causeway.Server.Tests;

/// <summary>F12: one middleware order, in one place.</summary>
public sealed class PipelineTests(LocalServer local) : IClassFixture<LocalServer>
{
    private RunningServer Server => local.Server;

    [Fact]
    public void Steps_Order_IsTheDocumentedOne() => Assert.Equal(
        ["request ids", "telemetry", "request log", "errors", "forwarded headers", "security headers", "host and origin", "https", "routing", "listeners", "cross origin", "requests in flight", "caller", "rate limits", "access", "site", "compression", "endpoints"],
        Pipeline.Steps.Select(static step => step.Name));

    [Fact]
    public async Task Get_ForeignHost_RefusedBeforeRoutingButInFullForm()
    {
        var unknown = await Server.GetAsync("/nothing", null, ("Host", "evil.example"));
        var known = await Server.GetAsync("/health", null, ("Host", "evil.example"));

        unknown.AssertError(400, "INVALID_MESSAGE");
        known.AssertError(400, "INVALID_MESSAGE");
        Assert.Equal("nosniff", known.Header("X-Content-Type-Options"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/overview")]
    [InlineData("/ws?preflight=1")]
    [InlineData("/sse?room=a")]
    public async Task Get_ForeignOrigin_RefusedOnEveryRoute(string path) =>
        (await Server.GetAsync(path, null, ("Origin", "https://evil.example"))).AssertError(403, "FORBIDDEN");

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api")]
    [InlineData("/js/nothing.js")]
    [InlineData("/index.html")]
    public async Task Get_NothingThere_NotFound(string path) => (await Server.GetAsync(path, null, ("Accept", "text/html"))).AssertError(404, "NOT_FOUND");

    [Theory]
    [InlineData("/api/v1/overview", "GET, HEAD")]
    [InlineData("/api/v1/rooms/a", "DELETE, GET, HEAD, PATCH")]
    [InlineData("/api/v1/publish", "POST")]
    [InlineData("/health", "GET, HEAD")]
    [InlineData("/", "GET, HEAD")]
    public async Task Put_WrongMethod_NamesTheRightOnes(string path, string allowed)
    {
        var answer = await Server.SendAsync(HttpMethod.Put, path, "{}");

        answer.AssertError(405, "METHOD_NOT_ALLOWED");
        Assert.Equal(allowed, string.Join(", ", answer.Header("Allow")!.Split(", ").Order()));
    }

    [Fact]
    public async Task Get_RequestId_ComesBack()
    {
        var answer = await Server.GetAsync("/api/v1/rooms/never-seen", null, ("X-Request-Id", "mine-1"));

        answer.AssertError(404, "ROOM_NOT_FOUND");
        Assert.Equal("mine-1", answer.Header("X-Request-Id"));
    }

    [Fact]
    public async Task Get_AnyAnswer_DoesNotNameTheServer() => Assert.Null((await Server.GetAsync("/health")).Header("Server"));
}
