using Causeway.Hosting;
using Causeway.Testing;

namespace Causeway.Server.Tests.Site;

/// <summary>B1 in the program: the site at the root, the console at its side, and nobody's errors changed.</summary>
public sealed class SiteAndConsoleTests : IAsyncLifetime
{
    private const string Page = "<!doctype html><title>mine</title>";
    private readonly TempDirectory _files = new();
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _files.Write("dist/index.html", Page);
        _files.Write("dist/js/main.js", "/* the site's own, not the console's */");
        _server = await RunningServer.StartAsync("{}", $"--Relay:Site:Directory={_files["dist"]}");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Get_Root_IsTheSiteWithoutTheConsolesPolicy()
    {
        var root = await _server.GetAsync("/");

        Assert.Equal((200, Page), (root.Status, root.Text));
        Assert.Equal(Page, (await _server.GetAsync("/deep/link", null, ("Accept", "text/html"))).Text);
        Assert.Contains("the site's own", (await _server.GetAsync("/js/main.js")).Text, StringComparison.Ordinal);
        Assert.Null(root.Header("Content-Security-Policy"));
        Assert.Equal("nosniff", root.Header("X-Content-Type-Options"));
    }

    [Fact]
    public async Task Get_Console_WithEverythingItsPageNames()
    {
        var moved = await _server.GetAsync("/_console");
        var page = await _server.GetAsync("/_console/");

        Assert.Equal((302, "/_console/"), (moved.Status, moved.Header("Location")));
        Assert.Contains("<title>Causeway</title>", page.Text, StringComparison.Ordinal);
        Assert.NotNull(page.Header("Content-Security-Policy"));
        var names = System.Text.RegularExpressions.Regex.Matches(page.Text, "(?:src|href)=\"([^\"#:]+)\"").Select(static match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            var path = new Uri(new Uri(_server.Address, "/_console/"), name).PathAndQuery;
            Assert.True((await _server.GetAsync(path)).Status == 200, path);
        }
    }

    [Theory]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api")]
    [InlineData("/ws/nothing")]
    [InlineData("/sse/nothing")]
    [InlineData("/docs/nothing")]
    [InlineData("/_console/nothing.js")]
    public async Task Navigate_NothingOfTheServiceThere_NotFound(string path) =>
        (await _server.GetAsync(path, null, ("Accept", "text/html"))).AssertError(404, "NOT_FOUND");

    [Theory]
    [InlineData("/api/v1/overview", "GET, HEAD")]
    [InlineData("/api/v1/rooms/a", "DELETE, GET, HEAD, PATCH")]
    [InlineData("/api/v1/publish", "POST")]
    [InlineData("/health", "GET, HEAD")]
    [InlineData("/_console/", "GET, HEAD")]
    [InlineData("/", "GET, HEAD")]
    [InlineData("/js/main.js", "GET, HEAD")]
    public async Task Put_WrongMethod_NamesTheRightOnes(string path, string allowed)
    {
        var answer = await _server.SendAsync(HttpMethod.Put, path, "{}");

        answer.AssertError(405, "METHOD_NOT_ALLOWED");
        Assert.Equal(allowed, string.Join(", ", answer.Header("Allow")!.Split(", ").Order()));
    }

    [Fact]
    public void Start_SiteSharesTheOriginOfTheApi_IsSaid() => Assert.Single(_server.Logs.Named("OriginShared"));

    [Fact]
    public async Task Get_WithoutASite_TheConsolesSideAddressLeadsToTheRoot()
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await server.GetAsync("/_console");

        Assert.Equal((302, "/"), (answer.Status, answer.Header("Location")));
        Assert.Empty(server.Logs.Named("OriginShared"));
    }

    [Theory]
    [InlineData("--Relay:Site:Directory=nowhere", "Relay:Site:Directory names ")]
    [InlineData("--Relay:Site:Directory=", "Relay:Site:Directory")]
    [InlineData("--Relay:Site:Fallback=../index.html", "Relay:Site:Fallback")]
    public void Load_SiteThatCannotBe_NamesTheKey(string flag, string problem)
    {
        var exception = Assert.Throws<ConfigurationException>(() => ServerSettings.Load([flag], RunningServer.Look(_files.Path)));

        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RouteThatTakesEveryPath_TheSiteIsNeverReached()
    {
        _files.Write("causeway.json", """
            { "Relay": { "Site": { "Directory": "dist" }, "Routes": [{ "Path": "/{**rest}", "Backend": "app" }], "Backends": { "app": { "Urls": ["http://127.0.0.1:9"] } } } }
            """);

        var exception = Assert.Throws<ConfigurationException>(() => ServerSettings.Load([], RunningServer.Look(_files.Path)));

        Assert.Contains("Relay:Site:Directory is never reached: the route /{**rest} takes every path", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RelativeDirectory_StartsAtTheWorkingDirectory() =>
        Assert.Equal(_files["dist"], ServerSettings.Load(["--Relay:Site:Directory=dist"], RunningServer.Look(_files.Path)).Relay.Site.Directory);
}
