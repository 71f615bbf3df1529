using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Causeway.Http.Tests;

/// <summary>E6: pages of listed origins, and nobody else's.</summary>
public sealed class CrossOriginTests
{
    private const string Listed = "https://app.example.com";

    [Theory]
    [InlineData(Listed)]
    [InlineData("https://APP.example.com:443")]
    [InlineData("https://xn--bcher-kva.example")]
    public async Task UseCrossOrigin_ListedOrigin_MayReadWithCredentials(string origin)
    {
        await using var server = await StartAsync(Listed, "https://bücher.example");

        var response = await AskAsync(server, HttpMethod.Get, "/", origin);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(origin, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal("Origin", Header(response, "Vary"));
        var exposed = Header(response, "Access-Control-Expose-Headers")!;
        Assert.All(
            (string[])["X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After", "ETag", "Location", "Idempotency-Replayed"],
            name => Assert.Contains(name, exposed.Split(", ")));
        Assert.DoesNotContain('*', exposed);
        Assert.Null(Header(response, "Access-Control-Allow-Methods"));
    }

    [Theory]
    [InlineData("/nowhere", HttpStatusCode.NotFound)]
    [InlineData("/throws", HttpStatusCode.InternalServerError)]
    public async Task UseCrossOrigin_Errors_CanBeReadToo(string path, HttpStatusCode status)
    {
        await using var server = await StartAsync(Listed);

        var response = await AskAsync(server, HttpMethod.Get, path, Listed);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(Listed, Header(response, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/", "PATCH")]
    [InlineData("/", "NONSENSE")]
    [InlineData("/only-get", "DELETE")]
    [InlineData("/nowhere", "GET")]
    public async Task UseCrossOrigin_Preflight_AnsweredBeforeACredentialIsAskedFor(string path, string method)
    {
        await using var server = await StartAsync(Listed);
        using var request = new HttpRequestMessage(HttpMethod.Options, path)
            .With("Origin", Listed).With("Access-Control-Request-Method", method).With("Access-Control-Request-Headers", "authorization, if-match");

        var response = await server.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(Listed, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("true", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal("GET, HEAD, POST, PUT, PATCH, DELETE", Header(response, "Access-Control-Allow-Methods"));
        Assert.Contains("If-Match", Header(response, "Access-Control-Allow-Headers")!.Split(", "));
        Assert.Equal("600", Header(response, "Access-Control-Max-Age"));
        Assert.Equal("Origin", Header(response, "Vary"));
    }

    [Fact]
    public async Task UseCrossOrigin_OptionsWithoutAskingForAMethod_IsNoPreflight()
    {
        await using var server = await StartAsync(Listed);

        var response = await AskAsync(server, HttpMethod.Options, "/", Listed);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Theory]
    [InlineData("https://other.example.com")]
    [InlineData("http://app.example.com")]
    [InlineData("https://app.example.com:444")]
    [InlineData("null")]
    [InlineData("*")]
    [InlineData("https://app.example.com https://evil.example")]
    public async Task UseCrossOrigin_OtherOrigin_MayReadNothing(string origin)
    {
        await using var server = await StartAsync(Listed);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Options])
        {
            var response = await AskAsync(server, method, "/", origin, ("Access-Control-Request-Method", "GET"));

            Assert.Null(Header(response, "Access-Control-Allow-Origin"));
            Assert.Null(Header(response, "Access-Control-Allow-Credentials"));
            Assert.Equal("Origin", Header(response, "Vary"));
        }
    }

    [Fact]
    public async Task UseCrossOrigin_OriginInRawUnicode_IsNoBrowserAndBreaksNothing()
    {
        await using var server = await StartAsync("https://bücher.example");

        var answer = await HttpAnswer.SendAsync(
            server.BaseAddress, "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://bücher.example\r\nConnection: close\r\n\r\n");

        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task UseCrossOrigin_TwoOrigins_MayReadNothing()
    {
        await using var server = await StartAsync(Listed);

        var answer = await HttpAnswer.SendAsync(
            server.BaseAddress, $"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: {Listed}\r\nOrigin: https://evil.example\r\nConnection: close\r\n\r\n");

        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task UseCrossOrigin_NoOrigin_VariesNevertheless()
    {
        await using var server = await StartAsync(Listed);

        var response = await server.GetAsync("/");

        Assert.Equal("Origin", Header(response, "Vary"));
        Assert.Null(Header(response, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task UseCrossOrigin_NothingListed_AddsNothing()
    {
        await using var server = await StartAsync();

        var response = await AskAsync(server, HttpMethod.Get, "/", Listed);

        Assert.Null(Header(response, "Vary"));
        Assert.Null(Header(response, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("OPTIONS")]
    public async Task UseCrossOrigin_AnswerOfAnother_IsLeftAlone(string method)
    {
        await using var server = await StartAsync(Listed);

        var response = await AskAsync(server, new HttpMethod(method), "/relayed", Listed, ("Access-Control-Request-Method", "GET"));

        Assert.Equal("https://backend.example", Header(response, "Access-Control-Allow-Origin"));
        Assert.Null(Header(response, "Vary"));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("A\r\nB: c")]
    public async Task UseCrossOrigin_NameCantBeSent_FailsTheStart(string name) =>
        await Assert.ThrowsAsync<ValidationException>(() => StartAsync(options => options.ExposedHeaders.Add(name), Listed));

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static Task<HttpResponseMessage> AskAsync(TestServer server, HttpMethod method, string path, string origin, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path).With("Origin", origin);
        foreach (var (name, value) in headers)
        {
            request.With(name, value);
        }

        return server.SendAsync(request);
    }

    private static Task<TestServer> StartAsync(params string[] origins) => StartAsync(static _ => { }, origins);

    private static Task<TestServer> StartAsync(Action<CrossOriginOptions> configure, params string[] origins) => TestServer.StartAsync(
        app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.UseRouting();
            app.UseCrossOrigin(configure);
            app.Use(static (context, next) =>
            {
                // Stands for access: a preflight that came here would be refused.
                context.Response.StatusCode = 401;
                return HttpMethods.IsOptions(context.Request.Method) && context.Request.Headers.AccessControlRequestMethod.Count > 0 && context.GetEndpoint()?.Metadata.GetMetadata<PassThroughMetadata>() is null
                    ? Task.CompletedTask
                    : Pass(context, next);
            });
            app.MapMethods("/", ["GET", "PATCH"], static () => "here");
            app.MapGet("/only-get", static () => "here");
            app.MapGet("/throws", static string () => throw new InvalidOperationException("boom"));
            app.Map("/relayed", static (HttpContext context) => context.Response.Headers.AccessControlAllowOrigin = "https://backend.example")
                .WithMetadata(PassThroughMetadata.Instance);
        },
        builder => builder.Services.AddOptions<HostAndOriginOptions>().Configure(options =>
        {
            foreach (var origin in origins)
            {
                options.AllowedOrigins.Add(origin);
            }
        }));

    private static Task Pass(HttpContext context, RequestDelegate next)
    {
        context.Response.StatusCode = 200;
        return next(context);
    }
}
