using System.Globalization;
using System.Net;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;

namespace Causeway.Server.Tests.Access;

/// <summary>Server:AdminUrls: what is for whoever runs the service has addresses of its own.</summary>
public sealed class AdminListenerTests : IAsyncLifetime
{
    private readonly TempDirectory _files = new();
    private readonly int _port = FreePort.Next();
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _files.Write("dist/index.html", "the site");
        _server = await RunningServer.StartAsync("{}", $"--Server:AdminUrls=http://127.0.0.1:{Text(_port)}", $"--Relay:Site:Directory={_files["dist"]}");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _files.Dispose();
    }

    [Theory]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/docs")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("GET", "/_console/")]
    [InlineData("GET", "/_console/js/main.js")]
    [InlineData("GET", "/api/v1/overview")]
    [InlineData("GET", "/api/v1/config")]
    [InlineData("GET", "/api/v1/connections")]
    [InlineData("POST", "/_console/")]
    [InlineData("POST", "/metrics")]
    public async Task Public_AdminsThings_AreNotThere(string method, string path) =>
        (await SendAsync(_server.Address, method, path, ("Authorization", $"Bearer {_server.AdminToken}"))).AssertError(404, "NOT_FOUND");

    [Theory]
    [InlineData("/health", 200)]
    [InlineData("/ready", 200)]
    [InlineData("/", 200)]
    [InlineData("/ws?preflight=1", 200)]
    [InlineData("/ws", 426)]
    [InlineData("/api/v1/rooms/never-seen", 404)]
    public async Task Public_EverybodysThings_Are(string path, int status) =>
        Assert.Equal(status, (await SendAsync(_server.Address, "GET", path, ("Accept", "text/html"))).Status);

    [Fact]
    public async Task Public_PublishWithAToken_Works()
    {
        var token = _server.TokenFor("alice", null, "publish:news");

        var answer = await _server.PostAsync("/api/v1/rooms/news/messages", """{"type":"chat","payload":{}}""", token);

        Assert.Equal(201, answer.Status);
    }

    [Theory]
    [InlineData("/_console/", 200)]
    [InlineData("/docs", 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/metrics", 200)]
    [InlineData("/api/v1/overview", 200)]
    [InlineData("/health", 200)]
    [InlineData("/deep/link", 404)]
    [InlineData("/index.html", 404)]
    public async Task Admin_HasItsThingsAndNotTheSite(string path, int status) =>
        Assert.Equal(status, (await SendAsync(Admin, "GET", path, ("Accept", "text/html"))).Status);

    [Fact]
    public async Task Admin_Root_LeadsToTheConsole()
    {
        var answer = await SendAsync(Admin, "GET", "/");

        Assert.Equal((302, "/_console/"), (answer.Status, answer.Header("Location")));
    }

    [Fact]
    public async Task Public_HostHeaderOfTheAdminAddress_ChangesNothing() =>
        (await _server.GetAsync("/metrics", null, ("Host", $"127.0.0.1:{Text(_port)}"))).AssertError(404, "NOT_FOUND");

    [Fact]
    public async Task Admin_LiveEndpointOfTheConsolesTester_IsThereToo()
    {
        await using var client = await LiveClient.ConnectAsync(Admin);

        Assert.NotNull(client);
    }

    [Fact]
    public void Start_OriginsAreApart_NoAdvice() => Assert.Empty(_server.Logs.Named("OriginShared"));

    [Fact]
    public async Task Exposed_LocalAdminAddress_NeedsTheTokenAllTheSame()
    {
        var port = FreePort.Next();
        await using var server = await RunningServer.StartAsync(
            """{ "Server": { "Urls": "http://0.0.0.0:0" } }""", $"--Server:AdminUrls=http://127.0.0.1:{Text(port)}");
        var admin = new Uri($"http://127.0.0.1:{Text(port)}");

        Assert.Equal(401, (await SendAsync(admin, "GET", "/api/v1/overview")).Status);
        Assert.Equal(200, (await SendAsync(admin, "GET", "/api/v1/overview", ("Authorization", $"Bearer {server.AdminToken}"))).Status);
        Assert.Equal(404, (await SendAsync(server.Address, "GET", "/")).Status);
        Assert.Equal(200, (await SendAsync(admin, "GET", "/")).Status);
    }

    [Fact]
    public async Task RelayedRoute_IsOnThePublicAddressOnly()
    {
        await using var backend = await TestServer.StartAsync(static app => app.MapGet("/app/{**rest}", static () => "from the backend"));
        var port = FreePort.Next();
        await using var server = await RunningServer.StartAsync(
            $$"""
            { "Relay": { "Routes": [{ "Path": "/app/{**rest}", "Backend": "app", "Access": "anyone" }],
                         "Backends": { "app": { "Urls": ["{{backend.BaseAddress.GetLeftPart(UriPartial.Authority)}}"] } } } }
            """,
            $"--Server:AdminUrls=http://127.0.0.1:{Text(port)}");

        Assert.Equal("from the backend", (await SendAsync(server.Address, "GET", "/app/x")).Text);
        (await SendAsync(new Uri($"http://127.0.0.1:{Text(port)}"), "GET", "/app/x")).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public void Exposed_ByTheAdminAddressAlone_IsExposed()
    {
        var options = new Http.ExposureOptions();
        ServerSettings.Load(["--Server:AdminUrls=http://0.0.0.0:9999"], RunningServer.Look(_files.Path)).Apply(options);

        Assert.False(Http.Exposure.Decide(options).IsLocal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", "has a port of Server:Urls")]
    [InlineData("http://127.0.0.1:0", "port of its own")]
    [InlineData("http://unix:/tmp/admin.sock", "port of its own")]
    [InlineData("localhost", "port of its own")]
    [InlineData(";", "names no address")]
    public void Load_AdminUrlsThatCannotBeTold_Refused(string urls, string problem)
    {
        var exception = Assert.Throws<ConfigurationException>(() => ServerSettings.Load([$"--Server:AdminUrls={urls}"], RunningServer.Look(_files.Path)));

        Assert.Contains("Server:AdminUrls", exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
    }

    private Uri Admin => new($"http://127.0.0.1:{Text(_port)}");

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static async Task<HttpAnswer> SendAsync(Uri address, string method, string path, params (string Name, string Value)[] headers) => await HttpAnswer.SendAsync(
        address,
        $"{method} {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Length: 0\r\n{string.Concat(headers.Select(static header => $"{header.Name}: {header.Value}\r\n"))}\r\n");
}
