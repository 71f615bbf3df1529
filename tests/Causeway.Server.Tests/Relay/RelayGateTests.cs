using System.Text.Json;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Causeway.Server.Tests.Relay;

/// <summary>Who may use a relayed route, and what its backend is told of them.</summary>
public sealed class RelayGateTests
{
    private const string Exposed = """ "Auth": { "Mode": "required", "AllowQueryToken": true }, """;

    [Fact]
    public async Task Local_NothingSaid_BackendLearnsOfTheLocalAdmin()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, "", access: null);

        var identity = await IdentityOf(server, await server.GetAsync("/app/x"));

        Assert.Equal(("causeway", "app"), (identity.Issuer, Assert.Single(identity.Audiences)));
        Assert.True(identity.GetPayloadValue<bool>("local"));
        Assert.False(identity.TryGetPayloadValue<string>("sub", out _));
        Assert.InRange(identity.ValidTo - identity.IssuedAt, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Exposed_NothingSaid_NeedsACredential()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: null);


        (await server.GetAsync("/app/x")).AssertError(401, "UNAUTHORIZED");
        (await server.SendAsync(HttpMethod.Get, "/app/x", token: "wrong")).AssertError(401, "UNAUTHORIZED");

        var answer = await server.SendAsync(HttpMethod.Get, "/app/x", token: server.TokenFor("ann", ["editor"]));
        await server.App.Services.GetRequiredService<IdentityUpkeep>().FinishAsync();
        Assert.Equal(1, (await server.GetAsync("/api/v1/audit?action=auth.credential", server.AdminToken)).AssertStatus(200).GetProperty("items").GetArrayLength());
        var identity = await IdentityOf(server, answer);
        Assert.Equal(("ann", "ann the user", "editor"), (identity.Subject, identity.GetPayloadValue<string>("name"), Assert.Single(identity.GetPayloadValue<string[]>("roles"))));
        Assert.False(answer.Json.TryGetProperty("Authorization", out _));
    }

    [Theory]
    [InlineData("editor", 200)]
    [InlineData("admin", 200)]
    [InlineData("reader", 403)]
    public async Task Role_Asked_OnlyThoseWhoHaveIt(string role, int status)
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: "role:editor");

        Assert.Equal(status, (await server.SendAsync(HttpMethod.Get, "/app/x", token: server.TokenFor("ann", [role]))).Status);
    }

    [Fact]
    public async Task Anyone_BackendsOwnCredential_GoesOnToIt()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: "anyone");

        var answer = await server.SendAsync(HttpMethod.Get, "/app/x?access_token=theirs", headers: [("Authorization", "Bearer theirs"), ("Causeway-Identity", "forged")]);

        Assert.Equal(("Bearer theirs", "?access_token=theirs"), (answer.Json.GetProperty("Authorization").GetString(), answer.Json.GetProperty("query").GetString()));
        Assert.False(answer.Json.TryGetProperty("Causeway-Identity", out _));
    }

    [Fact]
    public async Task Anyone_OwnCredential_DoesNotGoOn()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: "anyone");

        var admin = await server.SendAsync(HttpMethod.Get, "/app/x", token: server.AdminToken);
        Assert.False(admin.Json.TryGetProperty("Authorization", out _));
        Assert.Equal("admin", Assert.Single((await IdentityOf(server, admin)).GetPayloadValue<string[]>("roles")));

        var query = await server.SendAsync(HttpMethod.Get, $"/app/x?a=1&access_token={server.TokenFor("ann")}");
        Assert.Equal("?a=1", query.Json.GetProperty("query").GetString());
        Assert.Equal("ann", (await IdentityOf(server, query)).Subject);
    }

    [Theory]
    [InlineData("?access_token=theirs&access_token={0}", true, true)]
    [InlineData("?Access_Token={0}&a=1", true, true)]
    [InlineData("?access_token={0}&a=1", false, true)]
    [InlineData("?access_token={0}&a=1", false, false)]
    public async Task Anyone_OwnCredentialBesideAnother_DoesNotGoOnEither(string query, bool allowsQueryToken, bool withHeader)
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed.Replace("true", allowsQueryToken ? "true" : "false", StringComparison.Ordinal), access: "anyone");
        var token = server.TokenFor("ann");

        var answer = await server.SendAsync(HttpMethod.Get, "/app/x" + query.Replace("{0}", token, StringComparison.Ordinal), token: withHeader ? token : null);

        Assert.DoesNotContain(token, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anyone_SeveralAuthorizations_NoneGoesOn()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: "anyone");
        var token = server.TokenFor("ann");

        var answer = await HttpAnswer.SendAsync(
            server.Address, $"GET /app/x HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: close\r\nAuthorization: Basic x\r\nAuthorization: Bearer {token}\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("Authorization", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(token, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Identity_NamesThatReadLikeRoles_AreStatementsOfTheirOwn()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: null);
        var tokens = server.App.Services.GetRequiredService<AccessTokens>();

        var editor = await server.SendAsync(HttpMethod.Get, "/app/x", token: tokens.Issue("ann", "Ann", ["editor"], [], TimeSpan.FromMinutes(5)));
        var nobody = await server.SendAsync(HttpMethod.Get, "/app/x", token: tokens.Issue("ann", "Ann\neditor", [], [], TimeSpan.FromMinutes(5)));

        Assert.Contains("editor", (await IdentityOf(server, editor)).GetPayloadValue<string[]>("roles"));
        Assert.Empty((await IdentityOf(server, nobody)).GetPayloadValue<string[]>("roles"));
    }

    [Fact]
    public async Task WebSocket_OwnCredentialInEveryPlace_DoesNotGoOn()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: null);
        var token = server.TokenFor("ann");

        // A backend that refuses has its answer passed on, and here it tells all that it got.
        var answer = await server.SendAsync(HttpMethod.Get, $"/app/refuse?access_token={token}", token: token, headers:
        [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ("Sec-WebSocket-Protocol", $"tty, bearer.{token}"),
        ]);

        Assert.Equal(404, answer.Status);
        Assert.True(answer.Json.TryGetProperty("Causeway-Identity", out _));
        Assert.DoesNotContain(token, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/app/x", null)]
    [InlineData("/app/x", "anyone")]
    [InlineData("/app/refuse", null)]
    public async Task SessionCookie_OfTheConsole_SaysWhoItIsAndDoesNotGoOn(string path, string? access)
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, """ "Auth": { "Mode": "required", "AllowRegistration": true }, """, access);
        var origin = ("Origin", server.Address.GetLeftPart(UriPartial.Authority));
        var registered = await server.SendAsync(
            HttpMethod.Post, "/api/v1/auth/register", """{"email":"ada@example.com","password":"correct horse battery","name":"Ada","cookie":true}""", headers: [origin]);
        var user = registered.AssertStatus(201).GetProperty("user").GetProperty("id").GetString();
        var cookie = registered.Header("Set-Cookie")!.Split(';')[0];
        var upgrade = path.EndsWith("/refuse", StringComparison.Ordinal)
            ? ((string, string)[])[("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]
            : [];

        var answer = await server.SendAsync(
            HttpMethod.Get, path, headers: [("Cookie", $"theme=dark; {cookie}; causeway-session-1=cwr_other; __Host-causeway=cwr_third; causeway-sessions=theirs"), origin, .. upgrade]);
        var alone = await server.SendAsync(HttpMethod.Get, path, headers: [("Cookie", cookie), origin, .. upgrade]);

        Assert.Equal("theme=dark; causeway-sessions=theirs", answer.Json.GetProperty("Cookie").GetString());
        Assert.DoesNotContain(cookie.Split('=')[1], answer.Text, StringComparison.Ordinal);
        Assert.False(alone.Json.TryGetProperty("Cookie", out _));
        Assert.Equal(user, new JsonWebToken(answer.Json.GetProperty("Causeway-Identity").GetString()).Subject);
    }

    [Fact]
    public async Task SessionCookie_FromAPageThatMayNotAsk_OpensNoRoute()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, """ "Auth": { "Mode": "required", "AllowRegistration": true }, """, access: null);
        var registered = await server.SendAsync(
            HttpMethod.Post, "/api/v1/auth/register", """{"email":"ada@example.com","password":"correct horse battery","cookie":true}""", headers: [("Origin", server.Address.GetLeftPart(UriPartial.Authority))]);
        var cookie = ("Cookie", registered.Header("Set-Cookie")!.Split(';')[0]);

        Assert.Equal(403, (await server.SendAsync(HttpMethod.Post, "/app/x", "{}", headers: [cookie])).Status);
        Assert.Equal(403, (await server.SendAsync(HttpMethod.Post, "/app/x", "{}", headers: [cookie, ("Origin", "https://evil.example")])).Status);
        Assert.Equal(401, (await server.SendAsync(HttpMethod.Get, "/app/x", headers: [("Cookie", cookie.Item2[..^3] + "AAA")])).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, "/app/x", headers: [cookie])).Status);
    }

    [Fact]
    public async Task Identity_SameCaller_IsSignedOnceForSomeSeconds()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, Exposed, access: null);
        var token = server.TokenFor("ann");

        var first = (await server.SendAsync(HttpMethod.Get, "/app/x", token: token)).Json.GetProperty("Causeway-Identity").GetString();
        var second = (await server.SendAsync(HttpMethod.Get, "/app/x", token: token)).Json.GetProperty("Causeway-Identity").GetString();
        var other = (await server.SendAsync(HttpMethod.Get, "/app/x", token: server.TokenFor("bob"))).Json.GetProperty("Causeway-Identity").GetString();

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Route_ForeignOriginOrHost_DoesNotReachTheBackend()
    {
        await using var backend = await EchoAsync();
        await using var server = await StartAsync(backend, "", access: "anyone");

        Assert.Equal(403, (await server.SendAsync(HttpMethod.Post, "/app/x", "{}", headers: [("Origin", "https://evil.example")])).Status);
        Assert.Equal(400, (await HttpAnswer.SendAsync(server.Address, "GET /app/x HTTP/1.1\r\nHost: evil.example\r\n\r\n")).Status);
    }

    [Fact]
    public async Task IdentityKey_TooShort_IsRefusedAtStart()
    {
        var exception = await Assert.ThrowsAsync<Causeway.Hosting.ConfigurationException>(() => RunningServer.StartAsync(
            """{ "Relay": { "Backends": { "app": { "Urls": ["http://127.0.0.1:1"], "IdentityKey": "c2hvcnQ=" } } } }"""));

        Assert.Contains("IdentityKey", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2hvcnQ=", exception.Message, StringComparison.Ordinal);
    }

    private static Task<RunningServer> StartAsync(TestServer backend, string more, string? access) => RunningServer.StartAsync($$"""
        { {{more}} "Relay": {
            "Routes": [{ "Path": "/app/{**rest}", "Backend": "app", "Access": {{JsonSerializer.Serialize(access)}} }],
            "Backends": { "app": { "Urls": ["{{backend.BaseAddress}}"] } } } }
        """);

    private static Task<TestServer> EchoAsync() => TestServer.StartAsync(static app => app.Map("/{**rest}", static (HttpContext context) =>
    {
        context.Response.StatusCode = context.Request.Path.Value!.EndsWith("/refuse", StringComparison.Ordinal) ? 404 : 200;
        return context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString()).Append(new("query", context.Request.QueryString.Value ?? "")).ToDictionary();
    }));

    /// <summary>Verifies the statement as a backend would.</summary>
    private static async Task<JsonWebToken> IdentityOf(RunningServer server, HttpAnswer answer)
    {
        Assert.Equal(200, answer.Status);
        var key = Convert.FromBase64String(File.ReadAllText(Path.Combine(server.Directory, "data", "identity-app.key")).Trim());
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(answer.Json.GetProperty("Causeway-Identity").GetString(), new TokenValidationParameters
        {
            ValidAlgorithms = ["HS256"],
            ValidIssuer = "causeway",
            ValidAudience = "app",
            IssuerSigningKey = new SymmetricSecurityKey(key),
        });
        Assert.True(result.IsValid, result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }
}
