using System.Net;
using Causeway.Http;
using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests.Forwarding;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("Keep-Alive: timeout=5", "Keep-Alive")]
    [InlineData("Proxy-Connection: keep-alive", "Proxy-Connection")]
    [InlineData("Proxy-Authorization: Basic eA==", "Proxy-Authorization")]
    [InlineData("TE: trailers, deflate", "TE")]
    [InlineData("Trailer: X-Sum", "Trailer")]
    [InlineData("Upgrade: h2c", "Upgrade")]
    [InlineData("HTTP2-Settings: AAMAAABk", "HTTP2-Settings")]
    [InlineData("X-Real-IP: 6.6.6.6", "X-Real-IP")]
    [InlineData("True-Client-IP: 6.6.6.6", "True-Client-IP")]
    [InlineData("CF-Connecting-IP: 6.6.6.6", "CF-Connecting-IP")]
    [InlineData("X-Forwarded-Port: 443", "X-Forwarded-Port")]
    [InlineData("x-forwarded-prefix: /forged", "X-Forwarded-Prefix")]
    [InlineData("X-Original-For: 6.6.6.6", "X-Original-For")]
    [InlineData("Causeway-Identity: forged", "Causeway-Identity")]
    [InlineData("causeway-identity: forged", "Causeway-Identity")]
    [InlineData("Causeway_Identity: forged", "Causeway_Identity")]
    [InlineData("X_Forwarded-For: 6.6.6.6", "X_Forwarded-For")]
    [InlineData("x_real_ip: 6.6.6.6", "x_real_ip")]
    [InlineData("Content_Length: 5", "Content_Length")]
    [InlineData("Proxy: http://evil.example", "Proxy")]
    [InlineData("Connection: X-Other, X-Hop\r\nX-Hop: 1", "X-Hop")]
    [InlineData("Connection: X-Hop\r\nConnection: X-Other\r\nx-hop: 1", "X-Hop")]
    [InlineData("X-Hop: 1\r\nConnection: , x-HOP ,", "X-Hop")]
    [InlineData("Connection: Authorization\r\nAuthorization: Basic eA==", "Authorization")]
    [InlineData("Connection: X-Hop", "Connection")]
    public async Task Request_HeaderOfTheConnectionOrForged_DoesNotReachTheBackend(string sent, string name)
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await EchoBackend.AskAsync(front, "/", sent, "X-Kept: yes");

        Assert.Equal((200, "yes"), (answer.Status, Assert.Single(backend.Header("X-Kept"))));
        Assert.Empty(backend.Header(name));
    }

    [Fact]
    public async Task Request_Others_ReachTheBackendAsTheyAre()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(backend.Url);

        await EchoBackend.AskAsync(front, "/", "Authorization: Basic dXNlcg==", "Cookie: a=1; b=2", "X-Many: 1", "X-Many: 2", "X-Umlaut: \u00fc", "Accept-Encoding: br");

        Assert.Equal("front.example:8080", Assert.Single(backend.Header("Host")));
        Assert.Equal("Basic dXNlcg==", Assert.Single(backend.Header("Authorization")));
        Assert.Equal("a=1; b=2", Assert.Single(backend.Header("Cookie")));
        Assert.Equal(["1", "2"], backend.Header("X-Many"));
        Assert.Equal("\u00c3\u00bc", Assert.Single(backend.Header("X-Umlaut")));
        Assert.Equal("br", Assert.Single(backend.Header("Accept-Encoding")));
    }

    [Fact]
    public async Task Request_ForgedForwarding_IsReplacedByWhatIsSo()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(backend.Url);

        await EchoBackend.AskAsync(front, "/", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6");

        Assert.Equal("127.0.0.1", Assert.Single(backend.Header("X-Forwarded-For")));
        Assert.Equal("front.example:8080", Assert.Single(backend.Header("X-Forwarded-Host")));
        Assert.Equal("http", Assert.Single(backend.Header("X-Forwarded-Proto")));
        Assert.Equal("for=127.0.0.1;host=\"front.example:8080\";proto=http", Assert.Single(backend.Header("Forwarded")));
    }

    [Fact]
    public async Task Request_OfATrustedProxy_KeepsTheChain()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url),
            before: static app =>
            {
                var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
                options.KnownProxies.Clear();
                options.KnownProxies.Add(IPAddress.Loopback);
                app.UseForwardedHeaders(options);
            });

        await EchoBackend.AskAsync(front, "/", "X-Forwarded-For: 6.6.6.6, 2001:db8::7", "X-Forwarded-Proto: https", "CF-Connecting-IP: 2001:db8::7");

        Assert.Equal("2001:db8::7, 127.0.0.1", Assert.Single(backend.Header("X-Forwarded-For")));
        Assert.Equal("https", Assert.Single(backend.Header("X-Forwarded-Proto")));
        Assert.Equal("for=\"[2001:db8::7]\";host=\"front.example:8080\";proto=https, for=127.0.0.1", Assert.Single(backend.Header("Forwarded")));
        Assert.Equal("2001:db8::7", Assert.Single(backend.Header("CF-Connecting-IP")));
    }

    [Fact]
    public async Task Via_BothWays_NamesThisService()
    {
        await using var backend = new EchoBackend("HTTP/1.1 200 OK\r\nVia: 1.0 inner\r\nContent-Length: 0\r\n\r\n");
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await EchoBackend.AskAsync(front, "/", "Via: 1.1 outer");

        Assert.Equal($"1.1 outer, {RelayName.Via}", Assert.Single(backend.Header("Via")));
        Assert.Equal($"1.0 inner, {RelayName.Via}", answer.Header("Via"));
    }

    [Fact]
    public async Task Via_OwnName_Answers508()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await EchoBackend.AskAsync(front, "/", $"Via: 1.1 other, {RelayName.Via}");

        Assert.Equal((508, "BACKEND_UNREACHABLE"), (answer.Status, answer.ErrorCode));
        Assert.Equal("", backend.RequestLine);
    }

    [Fact]
    public async Task Response_HopByHop_EndsHereAndTheRestPasses()
    {
        await using var backend = new EchoBackend(
            "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nAlt-Svc: h3=\":443\"\r\n"
            + "Server: Backend/1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Bytes: \u00fc\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n");
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await EchoBackend.AskAsync(front);

        Assert.All(["X-Hop", "Keep-Alive", "Proxy-Authenticate", "Upgrade", "Alt-Svc"], name => Assert.Null(answer.Header(name)));
        Assert.Equal(("Backend/1", "a=1, b=2", "Mon, 01 Jan 2024 00:00:00 GMT"), (answer.Header("Server"), answer.Header("Set-Cookie"), answer.Header("Date")));
        Assert.NotNull(answer.Header("X-Bytes"));
    }

    [Theory]
    [InlineData("", null, "SAMEORIGIN", null)]
    [InlineData("Content-Security-Policy: frame-ancestors *\r\n", "frame-ancestors *", null, null)]
    [InlineData("X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n", null, "DENY", "nosniff")]
    public async Task Response_SecurityHeaders_AreTheBackendsOwn(string said, string? policy, string? frame, string? sniff)
    {
        await using var backend = new EchoBackend($"HTTP/1.1 200 OK\r\n{said}Content-Length: 0\r\n\r\n");
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url), before: static app => app.UseSecurityHeaders());

        var answer = await EchoBackend.AskAsync(front);

        Assert.Equal((policy, frame, sniff), (answer.Header("Content-Security-Policy"), answer.Header("X-Frame-Options"), answer.Header("X-Content-Type-Options")));
    }

    [Fact]
    public async Task Request_CookieInSeveralPieces_BecomesOneLine()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, front.BaseAddress) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("Cookie", ["a=1", "b=2"]);
        request.Headers.TryAddWithoutValidation("TE", "trailers");

        using var response = await front.Client.SendAsync(request).Within();

        Assert.Single(backend.Header("Cookie"));
        Assert.Equal($"2 {RelayName.Pseudonym}", Assert.Single(backend.Header("Via")));
        Assert.Equal("trailers", Assert.Single(backend.Header("TE")));
        Assert.DoesNotContain("\r\n:", backend.RequestLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decision_OwnCredentials_AreTakenOutAndIdentityIsPutIn()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url),
            build: static builder => builder.Services.AddSingleton<IRelayGate>(new FixedGate(new RelayDecision { Identity = "signed", OwnsAuthorization = true, OwnsQueryToken = true })));

        await EchoBackend.AskAsync(front, "/a?x=1&access_token=secret&acc%65ss_token=secret&y=%20", "Authorization: Bearer secret", "Causeway-Identity: forged");

        Assert.Equal("GET /a?x=1&y=%20 HTTP/1.1", backend.RequestLine);
        Assert.Empty(backend.Header("Authorization"));
        Assert.Equal("signed", Assert.Single(backend.Header("Causeway-Identity")));
    }

    [Fact]
    public async Task Decision_Refused_BackendSeesNothing()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay => RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url),
            build: static builder => builder.Services.AddSingleton<IRelayGate>(new FixedGate(RelayDecision.Refuse(new ApiError(ErrorCode.Unauthorized, "No.")))));

        var answer = await EchoBackend.AskAsync(front);

        Assert.Equal((401, "UNAUTHORIZED", ""), (answer.Status, answer.ErrorCode, backend.RequestLine));
    }

    [Fact]
    public async Task NoGate_RouteThatIsNotForAnyone_IsClosed()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(relay =>
        {
            RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url);
            relay.Routes[0].Access = null;
        });

        Assert.Equal(403, (await EchoBackend.AskAsync(front)).Status);
    }

    [Fact]
    public void Lists_AnyNameNominatedInAnyCase_IsFound()
    {
        var names = Gen.NonEmptyListOf(Gen.Elements("X-A", "x-b", "Keep", "Te", "cookie", "X-Long-Name"));
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(names), static list =>
        {
            var header = string.Join(" ,\t", list);
            return list.All(name => HeaderRules.Lists(header, name.ToUpperInvariant()) && HeaderRules.Lists(new[] { "close", header }, name))
                && !HeaderRules.Lists(header, "X-Other")
                && !HeaderRules.Lists(header, "X");
        }));
    }

    private sealed class FixedGate(RelayDecision decision) : IRelayGate
    {
        public ValueTask<RelayDecision> DecideAsync(HttpContext context, RelayRoute route, string? token, CancellationToken cancellationToken) => ValueTask.FromResult(decision);
    }
}
