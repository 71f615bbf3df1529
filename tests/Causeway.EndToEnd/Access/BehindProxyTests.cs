using System.Globalization;
using Causeway.Testing;

namespace Causeway.EndToEnd.Access;

/// <summary>E4: what stands between a local service and others is not taken for the person at the machine, wherever that can be told.</summary>
public sealed class BehindProxyTests
{
    private const string Upgrades = """proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";""";

    /// <summary>One of each kind of what only an admin, or a caller without a name, may do on a local service.</summary>
    private static readonly string[] Paths = ["/api/v1/overview", "/api/v1/config", "/api/v1/connections", "/api/v1/streams", "/metrics", "/sse?room=a", "/ws?preflight=1"];

    [Theory]
    [InlineData("")]
    [InlineData("proxy_set_header Host localhost;")]
    [InlineData("proxy_set_header Host localhost; proxy_set_header X-Forwarded-For $remote_addr;")]
    public async Task Nginx_OfAnotherUser_IsNobody(string directives)
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var nginx = await NginxProxy.StartAsync(causeway.Address, asAnotherUser: true, directives + Upgrades);

        await AssertNobodyAsync(nginx.Address);
        Assert.Equal(200, (await GetAsync(nginx.Address, "/api/v1/overview", $"Authorization: Bearer {causeway.AdminToken}\r\n")).Status);
    }

    [Theory]
    [InlineData("proxy_set_header Host localhost; proxy_set_header X-Forwarded-For $remote_addr;")]
    [InlineData("proxy_set_header X-Real-IP $remote_addr;")]
    [InlineData("proxy_set_header Forwarded for=$remote_addr;")]
    [InlineData("proxy_set_header Via '1.1 nginx';")]
    [InlineData("proxy_set_header X-Forwarded-Proto $scheme;")]
    public async Task Nginx_OfTheSameUserThatSaysSo_IsNobody(string directives)
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var nginx = await NginxProxy.StartAsync(causeway.Address, asAnotherUser: false, directives + Upgrades);

        await AssertNobodyAsync(nginx.Address);
    }

    [Fact]
    public async Task Nginx_OfTheSameUserUnderAForeignName_IsRefused()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var nginx = await NginxProxy.StartAsync(causeway.Address, asAnotherUser: false, "proxy_set_header Host live.example;");

        (await GetAsync(nginx.Address, "/api/v1/overview")).AssertError(400, "INVALID_MESSAGE");
    }

    [Fact]
    public async Task Nginx_OfTheSameUserThatHidesItself_CantBeTold_SoRequireCredentials()
    {
        // docs/access.md says so, and what to do: this holds it to both.
        await using var local = await CausewayProcess.StartAsync();
        await using var before = await NginxProxy.StartAsync(local.Address, asAnotherUser: false);
        await using var required = await CausewayProcess.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        await using var behind = await NginxProxy.StartAsync(required.Address, asAnotherUser: false, Upgrades);

        Assert.Equal(200, (await GetAsync(before.Address, "/api/v1/overview")).Status);
        await AssertNobodyAsync(behind.Address);
    }

    [Fact]
    public async Task Tunnel_OfAnotherUser_IsNobody()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        await using var tunnel = await Tunnel.StartAsync(causeway.Address, asAnotherUser: true);

        await AssertNobodyAsync(tunnel.Address, host: "localhost");
    }

    [Fact]
    public async Task Tunnel_OfTheSameUser_CantBeTold_SoRequireCredentials()
    {
        await using var local = await CausewayProcess.StartAsync();
        await using var before = await Tunnel.StartAsync(local.Address, asAnotherUser: false);
        await using var required = await CausewayProcess.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        await using var behind = await Tunnel.StartAsync(required.Address, asAnotherUser: false);

        Assert.Equal(200, (await GetAsync(before.Address, "/api/v1/overview", host: "localhost")).Status);
        await AssertNobodyAsync(behind.Address, host: "localhost");
    }

    [Fact]
    public async Task TrustedProxy_Nginx_ItsAddressIsBelievedAndTheClientsOwnClaimIsNot()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Server": { "TrustedProxies": ["127.0.0.1"] } }""");
        await using var nginx = await NginxProxy.StartAsync(
            causeway.Address, asAnotherUser: false, "proxy_set_header X-Forwarded-For 203.0.113.7; proxy_set_header Host localhost;" + Upgrades);
        var bearer = $"Bearer {causeway.AdminToken}";
        await using var client = await LiveClient.ConnectAsync(nginx.Address, new RawHandshake
        {
            Headers = new Dictionary<string, string> { ["Authorization"] = bearer, ["X-Forwarded-For"] = "198.51.100.1" },
        });

        var connection = (await causeway.GetAsync("/api/v1/connections/" + client.ConnectionId, ("Authorization", bearer))).Json;

        Assert.Equal("203.0.113.7", connection.GetProperty("remote_address").GetString());
        await AssertNobodyAsync(nginx.Address);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Upgrades)]
    public async Task Nginx_InFrontOfAStream_HoldsNothingBack(string directives)
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Streams": { "Sources": { "build": { "Path": "build.jsonl" } } } }""");
        await using var nginx = await NginxProxy.StartAsync(causeway.Address, asAnotherUser: false, directives);
        using var reader = await SseReader.OpenAsync(
            new Uri(nginx.Address, "/api/v1/streams/build/events"), headers: new Dictionary<string, string> { ["Authorization"] = $"Bearer {causeway.AdminToken}" });
        await reader.ReadAsync("waiting");

        for (var i = 0; i < 3; i++)
        {
            File.AppendAllText(Path.Combine(causeway.Directory, "build.jsonl"), $$"""{"n":{{i}}}""" + "\n");
            Assert.Equal(i, (await reader.ReadAsync("message")).Json.GetProperty("n").GetInt32());
        }
    }

    private static async Task AssertNobodyAsync(Uri server, string? host = null)
    {
        foreach (var path in Paths)
        {
            (await GetAsync(server, path, host: host)).AssertError(401, "UNAUTHORIZED");
        }

        var headers = host is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["Host"] = host };
        (await RawWebSocket.TryUpgradeAsync(new UriBuilder(server) { Scheme = "ws", Path = "/ws" }.Uri, new RawHandshake { Headers = headers })).AssertError(401, "UNAUTHORIZED");
    }

    private static Task<HttpAnswer> GetAsync(Uri server, string path, string headers = "", string? host = null) => HttpAnswer.SendAsync(
        server, string.Create(CultureInfo.InvariantCulture, $"GET {path} HTTP/1.1\r\nHost: {host ?? server.Authority}\r\n{headers}Connection: close\r\n\r\n"));
}
