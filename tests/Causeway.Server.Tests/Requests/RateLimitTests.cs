using Causeway.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests;

/// <summary>E6: rate limits of the program's own endpoints.</summary>
public sealed class RateLimitTests
{
    private const string Exposed = """
        { "Auth": { "Mode": "required" },
          "RateLimits": { "Default": { "Permits": 3, "Seconds": 3600 }, "Publish": { "Permits": 2, "Seconds": 3600 } } }
        """;

    [Fact]
    public async Task Get_Exposed_CountsEveryCallerForThemselves()
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        var ada = server.TokenFor("ada", ["admin"]);
        for (var left = 2; left >= 0; left--)
        {
            var answer = await server.GetAsync("/api/v1/overview", ada);

            answer.AssertStatus(200);
            Assert.Equal("\"default\";q=3;w=3600", answer.Header("RateLimit-Policy"));
            Assert.StartsWith($"\"default\";r={left};t=", answer.Header("RateLimit"), StringComparison.Ordinal);
        }

        var refused = await server.GetAsync("/api/v1/rooms", ada);

        var wait = refused.AssertError(429, "RATE_LIMITED").GetProperty("retry_after_ms").GetInt64();
        Assert.InRange(wait, 1, 1_200_000);
        Assert.Equal($"\"default\";r=0;t={refused.Header("Retry-After")}", refused.Header("RateLimit"));
        (await server.GetAsync("/api/v1/overview", server.TokenFor("bob", ["admin"]))).AssertStatus(200);
    }

    [Fact]
    public async Task Get_RefusedCredentials_CountForTheirNetworkAndForNobodyElse()
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        (await server.GetAsync("/api/v1/overview", "wrong")).AssertError(401, "UNAUTHORIZED");
        (await server.GetAsync("/api/v1/overview")).AssertError(401, "UNAUTHORIZED");
        (await server.GetAsync("/api/v1/rooms", "wrong")).AssertError(401, "UNAUTHORIZED");

        (await server.GetAsync("/api/v1/overview", "wrong")).AssertError(429, "RATE_LIMITED");
        (await server.GetAsync("/api/v1/overview", server.AdminToken)).AssertStatus(200);
    }

    [Fact]
    public async Task Get_BehindATrustedProxy_CountsTheForwardedAddress()
    {
        await using var server = await RunningServer.StartAsync(Exposed.Replace("{ \"Auth\"", "{ \"Server\": { \"TrustedProxies\": [\"127.0.0.1\"] }, \"Auth\"", StringComparison.Ordinal));
        for (var i = 0; i < 3; i++)
        {
            (await server.GetAsync("/api/v1/overview", null, ("X-Forwarded-For", "203.0.113.7"))).AssertError(401, "UNAUTHORIZED");
        }

        (await server.GetAsync("/api/v1/overview", null, ("X-Forwarded-For", "203.0.113.7"))).AssertError(429, "RATE_LIMITED");
        (await server.GetAsync("/api/v1/overview", null, ("X-Forwarded-For", "198.51.100.1, 203.0.113.7"))).AssertError(429, "RATE_LIMITED");
        (await server.GetAsync("/api/v1/overview", null, ("X-Forwarded-For", "203.0.113.8"))).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Get_ForwardedAddressOfAStranger_IsNotBelieved()
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        for (var i = 0; i < 3; i++)
        {
            (await server.GetAsync("/api/v1/overview", null, ("X-Forwarded-For", $"203.0.113.{i}"))).AssertError(401, "UNAUTHORIZED");
        }

        (await server.GetAsync("/api/v1/overview", null, ("X-Forwarded-For", "203.0.113.9"))).AssertError(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task Get_Forbidden_CountsForTheCaller()
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        var ada = server.TokenFor("ada");
        for (var i = 0; i < 3; i++)
        {
            (await server.GetAsync("/api/v1/overview", ada)).AssertError(403, "FORBIDDEN");
        }

        (await server.GetAsync("/api/v1/overview", ada)).AssertError(429, "RATE_LIMITED");
    }

    [Fact]
    public async Task Post_Publishing_HasALimitOfItsOwn()
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        for (var i = 0; i < 2; i++)
        {
            (await server.PostAsync("/api/v1/rooms/limited/messages", """{"type":"a"}""", server.AdminToken)).AssertStatus(201);
        }

        (await server.PostAsync("/api/v1/rooms/limited/messages", """{"type":"a"}""", server.AdminToken)).AssertError(429, "RATE_LIMITED");
        (await server.GetAsync("/api/v1/overview", server.AdminToken)).AssertStatus(200);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/ready")]
    [InlineData("/metrics")]
    [InlineData("/")]
    [InlineData("/js/main.js")]
    [InlineData("/ws?preflight=1")]
    [InlineData("/api/v1/streams/nothing/events")]
    public async Task Get_NotOfTheApi_IsNotLimited(string path)
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        for (var i = 0; i < 6; i++)
        {
            var answer = await server.GetAsync(path, server.AdminToken);

            Assert.NotEqual(429, answer.Status);
            Assert.Null(answer.Header("RateLimit"));
        }
    }

    [Fact]
    public async Task Get_LocalAdmin_IsNotLimited()
    {
        await using var server = await RunningServer.StartAsync("""{ "RateLimits": { "Default": { "Permits": 1, "Seconds": 3600 } } }""");
        for (var i = 0; i < 4; i++)
        {
            var answer = await server.GetAsync("/api/v1/overview");

            answer.AssertStatus(200);
            Assert.Null(answer.Header("RateLimit"));
        }
    }

    [Fact]
    public async Task Get_SwitchedOff_IsNotLimited()
    {
        await using var server = await RunningServer.StartAsync(Exposed.Replace("\"RateLimits\": {", "\"RateLimits\": { \"Enabled\": false,", StringComparison.Ordinal));
        for (var i = 0; i < 6; i++)
        {
            (await server.GetAsync("/api/v1/overview", server.AdminToken)).AssertStatus(200);
        }
    }

    [Fact]
    public async Task Reload_OtherFigures_CountAtOnce()
    {
        await using var server = await RunningServer.StartAsync(Exposed);
        for (var i = 0; i < 3; i++)
        {
            await server.GetAsync("/api/v1/overview", server.AdminToken);
        }

        await File.WriteAllTextAsync(
            Path.Combine(server.Directory, "causeway.json"), Exposed.Replace("\"Permits\": 3", "\"Permits\": 30", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var report = await server.App.Services.GetRequiredService<Causeway.Hosting.Reloader>().ReloadAsync(TestContext.Current.CancellationToken);

        Assert.Contains("rate limits: RateLimits:Default:Permits", report.Changes);
        Assert.Equal("\"default\";q=30;w=3600", (await server.GetAsync("/api/v1/overview", server.AdminToken)).Header("RateLimit-Policy"));
    }

    [Fact]
    public async Task Endpoints_OfTheApi_HaveAPolicyThereIs()
    {
        await using var server = await RunningServer.StartAsync();
        var known = new RateLimitSettings().Policies().Select(static policy => policy.Name).ToHashSet();
        var endpoints = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(endpoints);
        Assert.All(endpoints, endpoint =>
        {
            var limit = endpoint.Metadata.GetMetadata<RateLimitMetadata>();
            Assert.NotNull(limit);
            Assert.True(limit.Policy is null || known.Contains(limit.Policy), endpoint.DisplayName);
        });
    }
}
