namespace Causeway.Http.Tests;

/// <summary>F6: endpoints that are on their way out say so.</summary>
public sealed class DeprecationTests
{
    private static readonly DateTimeOffset Since = new(2023, 6, 30, 23, 59, 59, TimeSpan.Zero);
    private static readonly DateTimeOffset Sunset = new(2024, 6, 30, 23, 59, 59, TimeSpan.FromHours(2));

    [Theory]
    [InlineData("/all")]
    [InlineData("/fails")]
    public async Task WithDeprecation_All_AreSentWithEveryAnswer(string path)
    {
        await using var server = await StartAsync();

        var response = await server.GetAsync(path);

        Assert.Equal("@1688169599", Header(response, "Deprecation"));
        Assert.Equal("Sun, 30 Jun 2024 21:59:59 GMT", Header(response, "Sunset"));
        Assert.Contains("</docs#rooms>; rel=\"deprecation sunset\"; type=\"text/html\"", Header(response, "Link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithDeprecation_LinkOfItsOwn_StandsBeside()
    {
        await using var server = await StartAsync();

        Assert.Equal("</next>; rel=\"next\", </docs>; rel=\"deprecation\"; type=\"text/html\"", Header(await server.GetAsync("/links"), "Link"));
    }

    [Fact]
    public async Task WithDeprecation_NoEndYet_SaysNone()
    {
        await using var server = await StartAsync();

        var response = await server.GetAsync("/soon");

        Assert.Equal("@1688169599", Header(response, "Deprecation"));
        Assert.Null(Header(response, "Sunset"));
        Assert.Null(Header(response, "Link"));
    }

    [Fact]
    public async Task WithDeprecation_OtherEndpoints_SayNothing()
    {
        await using var server = await StartAsync();

        Assert.Null(Header(await server.GetAsync("/stays"), "Deprecation"));
    }

    [Theory]
    [InlineData(-1, "/docs")]
    [InlineData(1, "/docs>; rel=x")]
    [InlineData(1, "a\r\nb")]
    public void DeprecationMetadata_Contradiction_Throws(int days, string documentation) =>
        Assert.Throws<ArgumentException>(() => new DeprecationMetadata(Since, Since.AddDays(days), documentation));

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(static app =>
    {
        app.UseRequestIds();
        app.UseApiErrors();
        app.Use(static (context, next) =>
        {
            if (context.Request.Path == "/links")
            {
                context.Response.Headers.Link = "</next>; rel=\"next\"";
            }

            return next(context);
        });
        app.MapGet("/all", static () => "here").WithDeprecation(Since, Sunset, "/docs#rooms");
        app.MapGet("/fails", static string () => throw new InvalidOperationException("boom")).WithDeprecation(Since, Sunset, "/docs#rooms");
        app.MapGet("/links", static () => "here").WithDeprecation(Since, documentation: "/docs");
        app.MapGet("/soon", static () => "here").WithDeprecation(Since);
        app.MapGet("/stays", static () => "here");
    });
}
