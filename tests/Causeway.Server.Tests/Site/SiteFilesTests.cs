using Causeway.Testing;

namespace Causeway.Server.Tests.Site;

/// <summary>G2: the console and the documentation, from inside the program.</summary>
public sealed class SiteFilesTests(LocalServer local) : IClassFixture<LocalServer>
{
    private RunningServer Server => local.Server;

    [Theory]
    [InlineData("/", "text/html; charset=utf-8")]
    [InlineData("/docs", "text/html; charset=utf-8")]
    [InlineData("/docs/docs.js", "text/javascript; charset=utf-8")]
    [InlineData("/docs/docs.css", "text/css; charset=utf-8")]
    [InlineData("/favicon.svg", "image/svg+xml")]
    public async Task Get_File_IsServedToBeAskedForAgain(string path, string type)
    {
        var answer = await Server.GetAsync(path);

        Assert.Equal(200, answer.Status);
        Assert.Equal(type, answer.Header("Content-Type"));
        Assert.Equal("no-cache", answer.Header("Cache-Control"));
        var again = await Server.GetAsync(path, null, ("If-None-Match", answer.Header("ETag")!));
        Assert.Equal(304, again.Status);
        Assert.Empty(again.Body);
        Assert.Equal(200, (await Server.GetAsync(path, null, ("If-None-Match", "\"other\""))).Status);
    }

    [Fact]
    public async Task Head_File_HasNoBody()
    {
        var answer = await Server.SendAsync(HttpMethod.Head, "/");

        Assert.Equal(200, answer.Status);
        Assert.Empty(answer.Body);
        Assert.NotNull(answer.Header("ETag"));
    }

    [Fact]
    public async Task Get_EverythingAPageNames_IsThere()
    {
        foreach (var page in new[] { "/", "/docs" })
        {
            var text = (await Server.GetAsync(page)).Text;
            var names = System.Text.RegularExpressions.Regex.Matches(text, "(?:src|href)=\"([^\"#:]+)\"").Select(static match => match.Groups[1].Value).ToList();
            Assert.NotEmpty(names);
            foreach (var name in names)
            {
                var path = new Uri(new Uri(Server.Address, page), name).PathAndQuery;
                Assert.True((await Server.GetAsync(path)).Status is 200 or 302, path);
            }
        }
    }

    [Fact]
    public async Task Get_DocsOff_NotFound()
    {
        await using var server = await RunningServer.StartAsync("{}", "--Server:Docs=off");

        foreach (var path in new[] { "/docs", "/docs/docs.js", "/openapi/v1.json", "/asyncapi.json" })
        {
            (await server.GetAsync(path)).AssertError(404, "NOT_FOUND");
        }

        Assert.Equal(200, (await server.GetAsync("/")).Status);
    }
}
