using System.Globalization;
using Causeway.Testing;

namespace Causeway.EndToEnd.Access;

/// <summary>E4: requests of this machine's own user that are somebody else's in truth: rebound names, pages of other sites, forwarded ones.</summary>
public sealed class ForgedRequestTests(ForgedRequestTests.RelayingServer server) : IClassFixture<ForgedRequestTests.RelayingServer>
{
    private static readonly string[] Paths = ["/", "/health", "/api/v1/overview", "/api/v1/nothing", "/metrics", "/sse?room=a", "/ws?preflight=1", "/ws", "/app/page"];

    private CausewayProcess Causeway => server.Causeway;

    public static TheoryData<string> ForeignHosts => new(
        "attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example", "attacker.example:{port}", "127.0.0.1.nip.io:{port}", "localhost.",
        "localhost.:{port}", "127.0.0.1.", "127.1", "127.0.0.2:{port}", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0.0.0.0:{port}", "0",
        "[::ffff:127.0.0.1]:{port}", "[::ffff:7f00:1]", "[::]:{port}", "[0:0:0:0:0:0:0:1]:{port}", "[::1%25lo]:{port}", "127.0.0.1@attacker.example", "localhost:80@attacker.example",
        "user@localhost", "localhost#.attacker.example", "localhost/.attacker.example", "localhost\\.attacker.example", "localhost,attacker.example", "localhost attacker.example",
        "ⓛocalhost", "%6cocalhost", "metadata.google.internal", "");

    public static TheoryData<string> ForeignOrigins => new(
        "https://evil.example", "http://127.0.0.1.attacker.example:{port}", "http://localhost:1", "https://127.0.0.1:{port}", "http://127.0.0.1", "null", "",
        "http://127.0.0.1:{port}@evil.example", "http://evil.example#http://127.0.0.1:{port}", "http://127.0.0.1:{port}/path", "http://127.0.0.1:{port} http://evil.example",
        "http://localhost:{port}", "file://", "chrome-extension://abcdef");

    public static TheoryData<string, string> ForwardingHeaders => new()
    {
        { "X-Forwarded-For", "127.0.0.1" },
        { "x-forwarded-for", "" },
        { "X-Forwarded-Host", "localhost" },
        { "X-Forwarded-Proto", "http" },
        { "X-Forwarded-Server", "edge" },
        { "X-Forwarded", "for=127.0.0.1" },
        { "Forwarded", "for=127.0.0.1;host=localhost" },
        { "X-Real-IP", "127.0.0.1" },
        { "Via", "1.1 vegur" },
        { "CF-Connecting-IP", "127.0.0.1" },
        { "CF-Ray", "8f00" },
        { "CF-Visitor", "{}" },
        { "True-Client-IP", "127.0.0.1" },
        { "X-Client-IP", "127.0.0.1" },
        { "X-Cluster-Client-IP", "127.0.0.1" },
        { "Fastly-Client-IP", "127.0.0.1" },
        { "X-Original-For", "127.0.0.1" },
        { "X-Original-Host", "localhost" },
        { "Tailscale-User-Login", "a@b" },
        { "Ngrok-Trace-Id", "1" },
        { "X-Envoy-External-Address", "127.0.0.1" },
        { "CDN-Loop", "cloudflare" },
        { "X-ARR-SSL", "1" },
    };

    [Theory]
    [MemberData(nameof(ForeignHosts))]
    public async Task Host_OfAnotherName_GetsNothingAnywhere(string host)
    {
        foreach (var path in Paths)
        {
            var answer = await SendAsync(path, WithPort(host));
            Assert.True(answer.Status == 400, $"{path}: {answer.Status} {answer.Text}");
            Assert.DoesNotContain("connection", answer.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Host_TwiceOrNotAtAllOrInTheTarget_GetsNothing()
    {
        foreach (var request in new[]
        {
            "GET /api/v1/overview HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
            "GET /api/v1/overview HTTP/1.1\r\n",
            "GET /api/v1/overview HTTP/1.0\r\n",
            "GET http://evil.example/api/v1/overview HTTP/1.1\r\nHost: localhost\r\n",
            "GET http://evil.example/api/v1/overview HTTP/1.1\r\nHost: evil.example\r\n",
            "GET http://localhost@evil.example/api/v1/overview HTTP/1.1\r\nHost: localhost\r\n",
            "GET /api/v1/overview HTTP/1.1\r\nHost : localhost\r\n",
            "GET /api/v1/overview HTTP/1.1\r\n Host: localhost\r\n",
        })
        {
            var answer = await HttpAnswer.SendAsync(Causeway.Address, request + "Connection: close\r\n\r\n");
            Assert.True(answer.Status == 400, $"{request}: {answer.Status} {answer.Text}");
        }
    }

    [Theory]
    [MemberData(nameof(ForeignOrigins))]
    public async Task Origin_OfAnotherSite_GetsNothingAnywhere(string origin)
    {
        foreach (var path in Paths)
        {
            (await SendAsync(path, Causeway.Address.Authority, $"Origin: {WithPort(origin)}\r\n")).AssertError(403, "FORBIDDEN");
        }

    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    [InlineData("none, cross-site")]
    public async Task SecFetchSite_OfAnotherSite_IsNobody(string site)
    {
        (await SendAsync("/api/v1/overview", Causeway.Address.Authority, $"Sec-Fetch-Site: {site}\r\n")).AssertError(401, "UNAUTHORIZED");
        (await SendAsync("/sse?room=a", Causeway.Address.Authority, $"Sec-Fetch-Site: {site}\r\n")).AssertError(401, "UNAUTHORIZED");
    }

    [Theory]
    [MemberData(nameof(ForwardingHeaders))]
    public async Task ForwardingHeader_FromThisMachine_IsNobody(string name, string value)
    {
        foreach (var path in new[] { "/api/v1/overview", "/api/v1/streams", "/metrics", "/sse?room=a", "/ws?preflight=1" })
        {
            (await SendAsync(path, Causeway.Address.Authority, $"{name}: {value}\r\n")).AssertError(401, "UNAUTHORIZED");
        }

        (await RawWebSocket.TryUpgradeAsync(Causeway.WebSocket, new RawHandshake { Headers = new Dictionary<string, string> { [name] = value is "" ? " " : value } }))
            .AssertError(401, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData("localhost:{port}")]
    [InlineData("LOCALHOST:{port}")]
    [InlineData("127.0.0.1:{port}")]
    [InlineData("[::1]:{port}")]
    [InlineData("localhost")]
    public async Task Host_OfThisMachine_IsTheLocalAdmin(string host) =>
        Assert.Equal(200, (await SendAsync("/api/v1/overview", WithPort(host))).Status);

    [Fact]
    public async Task Refusals_OfHostAndOrigin_AreCounted()
    {
        var before = await CountsAsync();
        await SendAsync("/", "evil.example");
        await SendAsync("/", Causeway.Address.Authority, "Origin: https://evil.example\r\n");
        await SendAsync("/", Causeway.Address.Authority, "Origin: https://evil.example\r\n");

        var after = await CountsAsync();

        Assert.True(after.Host >= before.Host + 1 && after.Origin >= before.Origin + 2, $"{before} then {after}");
    }

    [Fact]
    public async Task Refusals_OfTheApi_AreCounted()
    {
        await using var causeway = await CausewayProcess.StartAsync(Tokens.Configuration());

        (await causeway.GetAsync("/api/v1/rooms")).AssertError(401, "UNAUTHORIZED");
        (await causeway.GetAsync("/api/v1/rooms", ("Authorization", "Bearer nonsense"))).AssertError(401, "UNAUTHORIZED");
        (await causeway.GetAsync("/api/v1/loops", ("Authorization", "Bearer " + Tokens.For("ann")))).AssertError(403, "FORBIDDEN");

        var metrics = (await causeway.GetAsync("/metrics", ("Authorization", "Bearer " + causeway.AdminToken))).Text.Split('\n');
        Assert.Contains("causeway_refused_total{code=\"UNAUTHORIZED\"} 2", metrics);
        Assert.Contains("causeway_refused_total{code=\"FORBIDDEN\"} 1", metrics);
    }

    private async Task<(double Host, double Origin)> CountsAsync()
    {
        var lines = (await Causeway.GetAsync("/metrics")).Text.Split('\n');
        return (Read("INVALID_MESSAGE"), Read("FORBIDDEN"));

        double Read(string code) => lines.FirstOrDefault(line => line.StartsWith($"causeway_refused_total{{code=\"{code}\"}} ", StringComparison.Ordinal)) is { } line
            ? double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)
            : 0;
    }

    private string WithPort(string text) => text.Replace("{port}", Causeway.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private async Task<HttpAnswer> SendAsync(string path, string host, string headers = "")
    {
        var upgrade = path == "/ws" ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" : "Connection: close\r\n";
        return await HttpAnswer.SendAsync(Causeway.Address, $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}{upgrade}\r\n");
    }

    /// <summary>A local server with a relay route, whose backend nobody may reach in these tests.</summary>
    public sealed class RelayingServer : IAsyncLifetime
    {
        private CausewayProcess? _causeway;

        internal CausewayProcess Causeway => _causeway ?? throw new InvalidOperationException("Not started.");

        /// <inheritdoc/>
        public async ValueTask InitializeAsync() => _causeway = await CausewayProcess.StartAsync(
            """{ "Relay": { "Routes": [{ "Path": "/app/{**rest}", "Backend": "app" }], "Backends": { "app": { "Urls": ["http://127.0.0.1:9"] } } } }""");

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_causeway is not null)
            {
                await _causeway.DisposeAsync();
            }
        }
    }
}
