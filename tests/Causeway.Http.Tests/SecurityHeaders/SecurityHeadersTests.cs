using System.ComponentModel.DataAnnotations;

namespace Causeway.Http.Tests;

/// <summary>E6: security headers on every response.</summary>
public sealed class SecurityHeadersTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/nowhere")]
    [InlineData("/throws")]
    public async Task UseSecurityHeaders_AnyResponse_HasThem(string path)
    {
        await using var server = await StartAsync();

        var response = await server.GetAsync(path);

        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("same-origin", Header(response, "Referrer-Policy"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Opener-Policy"));
        Assert.Equal("same-origin", Header(response, "Cross-Origin-Resource-Policy"));
        Assert.Contains("camera=()", Header(response, "Permissions-Policy"), StringComparison.Ordinal);
        var policy = Header(response, "Content-Security-Policy")!;
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseSecurityHeaders_EndpointBringsItsOwn_Wins()
    {
        await using var server = await StartAsync();

        var response = await server.GetAsync("/own");

        Assert.Equal("default-src 'none'", Header(response, "Content-Security-Policy"));
        Assert.Null(Header(response, "X-Frame-Options"));
    }

    [Fact]
    public async Task UseSecurityHeaders_PolicyIsNull_SendsNone()
    {
        await using var server = await StartAsync(static options => options.ContentSecurityPolicy = null);

        var response = await server.GetAsync("/");

        Assert.Null(Header(response, "Content-Security-Policy"));
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("default-src 'self'\r\nSet-Cookie: a=b")]
    public async Task UseSecurityHeaders_PolicyCantBeSent_FailsTheStart(string policy) =>
        await Assert.ThrowsAsync<ValidationException>(() => StartAsync(options => options.ContentSecurityPolicy = policy));

    private static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static Task<TestServer> StartAsync(Action<SecurityHeadersOptions>? configure = null) => TestServer.StartAsync(app =>
    {
        app.UseApiErrors();
        app.UseSecurityHeaders(configure);
        app.MapGet("/", static () => "here");
        app.MapGet("/throws", static string () => throw new InvalidOperationException("boom"));
        app.MapGet("/own", static (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'";
            context.Response.Headers.Remove("X-Frame-Options");
        });
    });
}
