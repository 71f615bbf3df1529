using System.Net;
using System.Net.Sockets;
using Causeway.Testing;

namespace Causeway.Server.Tests.Accounts;

/// <summary>A browser's session: what its cookie is like, and what other sites can't make it do.</summary>
public sealed class CookieTests(AccountServer accounts) : IClassFixture<AccountServer>
{
    private RunningServer Server => accounts.Server;

    private string Origin => Server.Address.GetLeftPart(UriPartial.Authority);

    [Fact]
    public async Task LogIn_WithCookie_KeepsItFromScriptsAndOtherSites()
    {
        var (_, _, email) = await accounts.AddAsync();

        var answer = await accounts.LogInAsync(email, cookie: true);

        var cookie = answer.Header("Set-Cookie")!;
        foreach (var word in new[] { "httponly", "samesite=strict", "path=/", "expires=" })
        {
            Assert.Contains(word, cookie, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("cws_", answer.Text, StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    [Fact]
    public async Task LogIn_BehindHttps_BindsTheCookieToTheHost()
    {
        await using var server = await RunningServer.StartAsync("""{ "Server": { "PublicUrl": "https://live.example.com" }, "Auth": { "AllowRegistration": true } }""");

        var answer = await server.PostAsync("/api/v1/auth/register", """{"email":"a@example.com","password":"correct horse battery","cookie":true}""", null, ("Host", "live.example.com"));

        Assert.Equal(201, answer.Status);
        Assert.StartsWith("__Host-causeway=", answer.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Contains("secure", answer.Header("Set-Cookie"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Cookie_OnSafeRequests_IsEnough()
    {
        var (id, cookie) = await SignInAsync();

        var me = (await Server.GetAsync("/api/v1/auth/me", null, ("Cookie", cookie))).AssertStatus(200);

        Assert.Equal("user:" + id, me.GetProperty("principal").GetString());
    }

    [Fact]
    public async Task Cookie_OnAChangeWithoutAnOwnPage_IsRefused()
    {
        var (_, cookie) = await SignInAsync();

        (await PatchAsync(cookie)).AssertError(403, "FORBIDDEN");
        (await PatchAsync(cookie, ("Origin", "https://evil.example"))).AssertError(403, "FORBIDDEN");
        (await PatchAsync(cookie, ("Origin", "null"))).AssertError(403, "FORBIDDEN");
        (await PatchAsync(cookie, ("Sec-Fetch-Site", "cross-site"))).AssertError(403, "FORBIDDEN");
        (await PatchAsync(cookie, ("Sec-Fetch-Site", "same-site"))).AssertError(403, "FORBIDDEN");
        (await PatchAsync(cookie, ("Sec-Fetch-Site", "none"))).AssertError(403, "FORBIDDEN");
        (await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/logout", null, null, ("Cookie", cookie))).AssertError(403, "FORBIDDEN");
        (await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/refresh", null, null, ("Cookie", cookie))).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Cookie_OnAChangeByAnOwnPage_Counts()
    {
        var (_, cookie) = await SignInAsync();

        (await PatchAsync(cookie, ("Origin", Origin))).AssertStatus(200);
        (await PatchAsync(cookie, ("Sec-Fetch-Site", "same-origin"))).AssertStatus(200);
        (await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/refresh", null, null, ("Cookie", cookie), ("Origin", Origin))).AssertStatus(200);
    }

    [Theory]
    [InlineData(null, 403)]
    [InlineData("https://evil.example", 403)]
    [InlineData("own", 101)]
    public async Task Cookie_OnAWebSocket_NeedsAnOwnOrigin(string? origin, int status)
    {
        var (_, cookie) = await SignInAsync();
        var text = $"GET /ws HTTP/1.1\r\nHost: {Server.Address.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {cookie}\r\n"
            + (origin is null ? "" : $"Origin: {(origin == "own" ? Origin : origin)}\r\n") + "\r\n";
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Server.Address.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(client.GetStream());

        Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogOut_ByCookie_TakesItAwayAndItCountsNoMore()
    {
        var (_, cookie) = await SignInAsync();

        var answer = await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/logout", null, null, ("Cookie", cookie), ("Origin", Origin));

        Assert.Equal(204, answer.Status);
        Assert.Contains("1970", answer.Header("Set-Cookie"), StringComparison.Ordinal);
        var after = await Server.GetAsync("/api/v1/auth/me", null, ("Cookie", cookie));
        after.AssertError(401, "UNAUTHORIZED");
        Assert.Contains("1970", after.Header("Set-Cookie"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookie_AsABearerToken_OrTheOtherWayRound_IsNoCredential()
    {
        var (_, cookie) = await SignInAsync();
        var session = await accounts.RegisterAsync();
        var name = cookie.Split('=')[0];

        (await Server.GetAsync("/api/v1/auth/me", cookie.Split('=')[1])).AssertError(401, "UNAUTHORIZED");
        (await Server.GetAsync("/api/v1/auth/me", null, ("Cookie", $"{name}={session.GetProperty("refresh_token").GetString()}"))).AssertError(401, "UNAUTHORIZED");
        (await Server.GetAsync("/api/v1/auth/me", null, ("Cookie", $"{name}={session.GetProperty("access_token").GetString()}"))).AssertError(401, "UNAUTHORIZED");
        (await Server.GetAsync("/api/v1/auth/me", session.GetProperty("refresh_token").GetString())).AssertError(401, "UNAUTHORIZED");
    }

    private async Task<(string Id, string Cookie)> SignInAsync()
    {
        var (id, _, email) = await accounts.AddAsync("user");
        return (id, (await accounts.LogInAsync(email, cookie: true)).Header("Set-Cookie")!.Split(';')[0]);
    }

    private Task<HttpAnswer> PatchAsync(string cookie, params (string Name, string Value)[] headers) =>
        Server.SendAsync(HttpMethod.Patch, "/api/v1/auth/me", """{"name":"Changed"}""", null, [("Cookie", cookie), .. headers]);
}
