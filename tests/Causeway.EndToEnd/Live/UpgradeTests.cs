using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>D11: whether a client may come in is decided before the upgrade, and a refusal is an HTTP answer.</summary>
public sealed class UpgradeTests(LocalServer server) : IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task Upgrade_Plain_IsAcceptedWithoutProtocolOrExtension()
    {
        var answer = await UpgradeAsync();

        Assert.Equal(101, answer.Status);
        Assert.Null(answer.Header("Sec-WebSocket-Protocol"));
        Assert.Null(answer.Header("Sec-WebSocket-Extensions"));
    }

    [Fact]
    public async Task Upgrade_OffersOurProtocolAmongOthers_ChoosesIt()
    {
        var answer = await UpgradeAsync(new RawHandshake { Protocols = ["other", "causeway.v1"] });

        Assert.Equal(101, answer.Status);
        Assert.Equal("causeway.v1", answer.Header("Sec-WebSocket-Protocol"));
    }

    [Fact]
    public async Task Upgrade_OffersOnlyForeignProtocols_ChoosesNone()
    {
        var answer = await UpgradeAsync(new RawHandshake { Protocols = ["graphql-ws"] });

        Assert.Null(answer.Header("Sec-WebSocket-Protocol"));
    }

    [Fact]
    public async Task Upgrade_CompressionOff_IsNotNegotiated()
    {
        var answer = await UpgradeAsync(new RawHandshake { Extensions = "permessage-deflate; client_max_window_bits" });

        Assert.Equal(101, answer.Status);
        Assert.Null(answer.Header("Sec-WebSocket-Extensions"));
    }

    [Fact]
    public async Task Upgrade_ForeignOrigin_Forbidden() =>
        (await UpgradeAsync(WithHeader("Origin", "https://evil.example"))).AssertError(403, "FORBIDDEN");

    [Fact]
    public async Task Upgrade_NullOrigin_Forbidden() =>
        (await UpgradeAsync(WithHeader("Origin", "null"))).AssertError(403, "FORBIDDEN");

    [Fact]
    public async Task Upgrade_OwnOrigin_IsAccepted() =>
        Assert.Equal(101, (await UpgradeAsync(WithHeader("Origin", Causeway.Address.GetLeftPart(UriPartial.Authority)))).Status);

    [Fact]
    public async Task Upgrade_ForeignHost_IsRefused()
    {
        var answer = await UpgradeAsync(WithHeader("Host", "evil.example"));

        Assert.Contains(answer.Status, new[] { 400, 403, 421 });
        Assert.NotNull(answer.ErrorCode);
    }

    [Fact]
    public async Task Get_WithoutUpgrade_UpgradeRequired()
    {
        var answer = await Causeway.GetAsync("/ws");

        Assert.Equal(426, answer.Status);
        Assert.NotNull(answer.ErrorCode);
        Assert.Contains("websocket", answer.Header("Upgrade"), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("14")]
    [InlineData("thirteen")]
    public async Task Upgrade_AnotherVersion_UpgradeRequiredAndNamesOurs(string version)
    {
        var answer = await UpgradeAsync(WithHeader("Sec-WebSocket-Version", version));

        Assert.Equal(426, answer.Status);
        Assert.NotNull(answer.ErrorCode);
        Assert.Equal("13", answer.Header("Sec-WebSocket-Version"));
    }

    [Theory]
    [InlineData("Sec-WebSocket-Key", "")]
    [InlineData("Sec-WebSocket-Key", "short")]
    [InlineData("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public async Task Upgrade_BadKey_IsRefused(string header, string value)
    {
        var answer = await UpgradeAsync(WithHeader(header, value));

        Assert.Equal(400, answer.Status);
        Assert.NotNull(answer.ErrorCode);
    }

    [Fact]
    public async Task Upgrade_ByPost_IsNoUpgrade()
    {
        var answer = await UpgradeAsync(new RawHandshake { Method = "POST", Headers = new Dictionary<string, string> { ["Content-Length"] = "0" } });

        Assert.Equal(405, answer.Status);
        Assert.NotNull(answer.ErrorCode);
    }

    [Fact]
    public async Task Upgrade_BearerProtocolWithoutOurs_IsRefused()
    {
        // A browser fails a handshake in which no offered protocol is chosen, and a credential is never echoed.
        var answer = await UpgradeAsync(new RawHandshake { Protocols = ["bearer.some-token"] });

        Assert.Equal(400, answer.Status);
        Assert.NotNull(answer.ErrorCode);
        Assert.DoesNotContain("some-token", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preflight_Welcome_SaysOk()
    {
        var answer = await Causeway.GetAsync("/ws?preflight=1");

        Assert.Equal(200, answer.Status);
        Assert.Equal("""{"status":"ok"}""", answer.Text);
    }

    [Fact]
    public async Task Preflight_ForeignOrigin_SaysWhyNot() =>
        (await Causeway.GetAsync("/ws?preflight=1", ("Origin", "https://evil.example"))).AssertError(403, "FORBIDDEN");

    [Fact]
    public async Task Upgrade_OverTheAddressLimit_RateLimitedUntilOneLeaves()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "Realtime": { "MaxConnectionsPerAddress": 2 } }""");
        await using var one = await causeway.ConnectAsync();
        await using var two = await causeway.ConnectAsync();

        var refused = await RawWebSocket.TryUpgradeAsync(causeway.WebSocket);
        refused.AssertError(429, "RATE_LIMITED");
        refused.AssertRetryAfter();

        await one.CloseAsync();
        await Eventually.True(async () => (await RawWebSocket.TryUpgradeAsync(causeway.WebSocket)).Status == 101);
    }

    private static RawHandshake WithHeader(string name, string value) => new() { Headers = new Dictionary<string, string> { [name] = value } };

    private Task<HttpAnswer> UpgradeAsync(RawHandshake? handshake = null) => RawWebSocket.TryUpgradeAsync(Causeway.WebSocket, handshake);
}
