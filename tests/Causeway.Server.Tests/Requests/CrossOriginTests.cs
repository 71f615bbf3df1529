using Causeway.Testing;

namespace Causeway.Server.Tests;

/// <summary>E6: pages of the origins in <c>Auth:AllowedOrigins</c>.</summary>
public sealed class CrossOriginTests : IAsyncLifetime
{
    private const string Page = "https://app.example.com";
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync($$"""
        { "Auth": { "Mode": "required", "AllowedOrigins": ["{{Page}}"] },
          "RateLimits": { "Default": { "Permits": 2, "Seconds": 3600 } } }
        """);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/api/v1/rooms")]
    [InlineData("/api/v1/rooms/a/messages")]
    [InlineData("/ws")]
    [InlineData("/sse")]
    [InlineData("/nothing")]
    public async Task Options_Preflight_NeedsNoCredential(string path)
    {
        var answer = await _server.SendAsync(HttpMethod.Options, path, null, null, ("Origin", Page), ("Access-Control-Request-Method", "POST"));

        answer.AssertStatus(204);
        Assert.Equal(Page, answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal("true", answer.Header("Access-Control-Allow-Credentials"));
        Assert.Contains("Idempotency-Key", answer.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Refusals_CanBeReadByThePage()
    {
        foreach (var status in (int[])[401, 401, 429])
        {
            var answer = await _server.GetAsync("/api/v1/rooms", null, ("Origin", Page));

            Assert.Equal(status, answer.Status);
            Assert.Equal(Page, answer.Header("Access-Control-Allow-Origin"));
            Assert.Contains("RateLimit", answer.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
            Assert.Contains("Origin", answer.Header("Vary"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Get_EventStream_CanBeReadByThePage()
    {
        var answer = await _server.GetAsync("/sse?room=a", null, ("Origin", Page));

        Assert.Equal(Page, answer.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task Options_ForeignOrigin_IsRefusedBefore(string origin)
    {
        var answer = await _server.SendAsync(HttpMethod.Options, "/api/v1/rooms", null, null, ("Origin", origin), ("Access-Control-Request-Method", "GET"));

        answer.AssertError(403, "FORBIDDEN");
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
    }
}
