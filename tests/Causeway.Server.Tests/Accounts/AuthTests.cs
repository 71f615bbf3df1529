using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests.Accounts;

public sealed class AuthTests(AccountServer accounts) : IClassFixture<AccountServer>
{
    private RunningServer Server => accounts.Server;

    [Fact]
    public async Task Register_NewAddress_IsLoggedInAsAUser()
    {
        var session = await accounts.RegisterAsync();

        var me = (await Server.GetAsync("/api/v1/auth/me", Text(session, "access_token"))).AssertStatus(200);
        Assert.Equal("user:" + Text(session.GetProperty("user"), "id"), Text(me, "principal"));
        Assert.Equal(["user"], me.GetProperty("roles").EnumerateArray().Select(static role => role.GetString()));
        Assert.Empty(me.GetProperty("permissions").EnumerateArray());
        Assert.Equal(Text(session, "session_id"), Text(me, "session_id"));
        Assert.DoesNotContain("password_hash", me.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Register_TakenAddress_Conflict()
    {
        var email = accounts.NextEmail();
        await accounts.RegisterAsync(email);

        (await Server.PostAsync("/api/v1/auth/register", $$"""{"email":"{{email.ToUpperInvariant()}}","password":"another password"}""")).AssertError(409, "CONFLICT");
    }

    [Theory]
    [InlineData("""{}""", "email", "password")]
    [InlineData("""{"email":"nobody","password":"short"}""", "email", "password")]
    [InlineData("""{"email":"a@example.com","password":"password123","name":"","device":""}""", "password", "name", "device")]
    [InlineData("""{"email":"long.address@example.com","password":"long.address@example.com"}""", "password")]
    [InlineData("""{"email":"a@example.com\r\nBcc: b@example.com","password":"correct horse battery"}""", "email")]
    public async Task Register_FieldThatBreaksARule_NamesEach(string body, params string[] fields) =>
        (await Server.PostAsync("/api/v1/auth/register", body)).AssertInvalid(fields);

    /// <summary>Mass assignment: what a request may not set is no field of it.</summary>
    [Theory]
    [InlineData("roles", "[\"admin\"]")]
    [InlineData("is_admin", "true")]
    [InlineData("id", "\"1\"")]
    [InlineData("email_verified", "true")]
    [InlineData("permissions", "[\"*\"]")]
    public async Task Register_FieldItHasNot_IsRefused(string field, string value)
    {
        var session = await accounts.RegisterAsync();

        (await Server.PostAsync("/api/v1/auth/register", $$"""{"email":"{{accounts.NextEmail()}}","password":"{{AccountServer.Password}}","{{field}}":{{value}}}""")).AssertInvalid(field);
        (await Server.SendAsync(HttpMethod.Patch, "/api/v1/auth/me", $$"""{"{{field}}":{{value}}}""", Text(session, "access_token"))).AssertInvalid(field);
    }

    [Fact]
    public async Task Register_WhereItIsClosed_Forbidden()
    {
        await using var server = await RunningServer.StartAsync("""{ "Auth": { "Mode": "required" } }""");

        (await server.PostAsync("/api/v1/auth/register", """{"email":"a@example.com","password":"correct horse battery"}""")).AssertError(403, "FORBIDDEN");
    }

    [Theory]
    [InlineData("wrong horse battery")]
    [InlineData("' OR '1'='1")]
    public async Task LogIn_WrongPasswordOrUnknownAddress_SameAnswer(string password)
    {
        var email = accounts.NextEmail();
        await accounts.RegisterAsync(email);

        var wrong = await accounts.LogInAsync(email, password);
        var unknown = await accounts.LogInAsync("nobody-" + email, password);

        wrong.AssertError(401, "UNAUTHORIZED");
        unknown.AssertError(401, "UNAUTHORIZED");
        Assert.Equal(Message(wrong), Message(unknown));
    }

    [Fact]
    public async Task LogIn_ManyWrongOnes_SlowedDownWithRetryAfter()
    {
        var email = accounts.NextEmail();
        await accounts.RegisterAsync(email);
        for (var i = 0; i < 5; i++)
        {
            await accounts.LogInAsync(email, "wrong horse battery");
        }

        var slowed = await accounts.LogInAsync(email, "wrong horse battery");

        Assert.True(slowed.AssertError(429, "RATE_LIMITED").GetProperty("retry_after_ms").GetInt64() > 0);
        Assert.NotNull(slowed.Header("Retry-After"));
    }

    [Fact]
    public async Task LogIn_BeyondTheRateOfItsNetwork_RateLimited()
    {
        await using var server = await RunningServer.StartAsync("""{ "Auth": { "Mode": "required" }, "RateLimits": { "Auth": { "Permits": 2, "Seconds": 600 } } }""");
        for (var i = 0; i < 2; i++)
        {
            (await server.PostAsync("/api/v1/auth/login", """{"email":"a@example.com","password":"wrong horse battery"}""")).AssertError(401, "UNAUTHORIZED");
        }

        var limited = await server.PostAsync("/api/v1/auth/login", """{"email":"b@example.com","password":"wrong horse battery"}""");

        limited.AssertError(429, "RATE_LIMITED");
        Assert.Contains("auth", limited.Header("RateLimit-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogIn_BodyTooLarge_PayloadTooLarge() =>
        (await Server.PostAsync("/api/v1/auth/login", "{\"email\":\"" + new string('a', 20_000) + "\"}")).AssertError(413, "PAYLOAD_TOO_LARGE");

    [Fact]
    public async Task Refresh_TwentyTabsAtOnce_NobodyIsLoggedOut()
    {
        var token = Text(await accounts.RegisterAsync(), "refresh_token");

        for (var round = 0; round < 2; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => accounts.RefreshAsync(token)));
            token = Assert.Single(answers.Select(static answer => Text(answer.AssertStatus(200), "refresh_token")).Distinct());
        }

        (await accounts.RefreshAsync(token)).AssertStatus(200);
    }

    [Fact]
    public async Task Refresh_TokenAhead_OrForged_IsRefused()
    {
        var token = Text(await accounts.RegisterAsync(), "refresh_token");

        (await accounts.RefreshAsync(token[..^1] + (token[^1] == 'A' ? 'B' : 'A'))).AssertError(401, "UNAUTHORIZED");
        (await Server.PostAsync("/api/v1/auth/refresh", "{}")).AssertError(401, "UNAUTHORIZED");
        (await accounts.RefreshAsync(new string('a', 201))).AssertInvalid("refresh_token");
    }

    [Fact]
    public async Task LogOut_Session_ItsTokensAreVoidAtOnce()
    {
        var email = accounts.NextEmail();
        var first = await accounts.RegisterAsync(email);
        var second = (await accounts.LogInAsync(email)).AssertStatus(200);

        (await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/logout", token: Text(first, "access_token"))).AssertStatus(204);

        (await Server.GetAsync("/api/v1/auth/me", Text(first, "access_token"))).AssertError(401, "UNAUTHORIZED");
        (await accounts.RefreshAsync(Text(first, "refresh_token"))).AssertError(401, "UNAUTHORIZED");
        (await Server.GetAsync("/api/v1/auth/me", Text(second, "access_token"))).AssertStatus(200);
        (await Server.PostAsync("/api/v1/auth/logout", $$"""{"refresh_token":"{{Text(second, "refresh_token")}}"}""")).AssertStatus(204);
        (await Server.GetAsync("/api/v1/auth/me", Text(second, "access_token"))).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task LogOutAll_Account_EverySessionIsVoid()
    {
        var email = accounts.NextEmail();
        var first = await accounts.RegisterAsync(email);
        var second = (await accounts.LogInAsync(email)).AssertStatus(200);

        (await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/logout-all", token: Text(first, "access_token"))).AssertStatus(204);

        foreach (var session in new[] { first, second })
        {
            (await Server.GetAsync("/api/v1/auth/me", Text(session, "access_token"))).AssertError(401, "UNAUTHORIZED");
        }

        (await Server.SendAsync(HttpMethod.Post, "/api/v1/auth/logout-all", token: accounts.Admin)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Sessions_OwnOnes_AreListedAndEnded()
    {
        var email = accounts.NextEmail();
        var first = await accounts.RegisterAsync(email);
        var second = (await accounts.LogInAsync(email)).AssertStatus(200);
        var stranger = await accounts.RegisterAsync();

        var items = (await Server.GetAsync("/api/v1/auth/sessions", Text(first, "access_token"))).AssertStatus(200).GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(2, items.Count);
        Assert.Equal(Text(first, "session_id"), Text(Assert.Single(items, static item => item.GetProperty("current").GetBoolean()), "id"));
        Assert.All(items, static item => Assert.Equal("127.0.0.1", Text(item, "address")));
        var path = "/api/v1/auth/sessions/" + Text(second, "session_id");
        (await Server.SendAsync(HttpMethod.Delete, path, token: Text(stranger, "access_token"))).AssertError(404, "NOT_FOUND");
        (await Server.SendAsync(HttpMethod.Delete, path, token: Text(first, "access_token"))).AssertStatus(204);
        (await Server.GetAsync("/api/v1/auth/me", Text(second, "access_token"))).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Password_ForgottenAndReset_ByTheLinkOnce()
    {
        var email = accounts.NextEmail();
        var session = await accounts.RegisterAsync(email);
        await accounts.LinkAsync(email);
        var known = await Server.PostAsync("/api/v1/auth/forgot-password", $$"""{"email":"{{email}}"}""");
        var unknown = await Server.PostAsync("/api/v1/auth/forgot-password", $$"""{"email":"nobody-{{email}}"}""");
        Assert.Equal((202, known.Text), (unknown.Status, unknown.Text));

        string secret = "";
        await Eventually.True(async () =>
        {
            secret = await accounts.LinkAsync(email, "reset");
            return (await Server.PostAsync("/api/v1/auth/reset-password", $$"""{"token":"{{secret}}","password":"a better password"}""")).Status == 204;
        });

        (await Server.PostAsync("/api/v1/auth/reset-password", $$"""{"token":"{{secret}}","password":"a better password"}""")).AssertInvalid("token");
        (await Server.GetAsync("/api/v1/auth/me", Text(session, "access_token"))).AssertError(401, "UNAUTHORIZED");
        (await accounts.LogInAsync(email)).AssertError(401, "UNAUTHORIZED");
        (await accounts.LogInAsync(email, "a better password")).AssertStatus(200);
    }

    [Fact]
    public async Task VerifyEmail_LinkOfTheMail_VerifiesOnce()
    {
        var email = accounts.NextEmail();
        var session = await accounts.RegisterAsync(email);
        var secret = await accounts.LinkAsync(email);

        (await Server.PostAsync("/api/v1/auth/verify-email", $$"""{"token":"{{secret}}"}""")).AssertStatus(204);

        (await Server.PostAsync("/api/v1/auth/verify-email", $$"""{"token":"{{secret}}"}""")).AssertInvalid("token");
        Assert.NotEqual(JsonValueKind.Null, (await Server.GetAsync("/api/v1/auth/me", Text(session, "access_token"))).Json.GetProperty("user").GetProperty("email_verified_at").ValueKind);
    }

    [Fact]
    public async Task Password_Changed_NeedsTheOldOneAndKeepsThisSession()
    {
        var email = accounts.NextEmail();
        var session = await accounts.RegisterAsync(email);
        var other = (await accounts.LogInAsync(email)).AssertStatus(200);
        var token = Text(session, "access_token");

        (await Server.PostAsync("/api/v1/auth/password", """{"current_password":"wrong","new_password":"a better password"}""", token)).AssertInvalid("current_password");
        (await Server.PostAsync("/api/v1/auth/password", $$"""{"current_password":"{{AccountServer.Password}}","new_password":"a better password"}""", token)).AssertStatus(204);

        (await Server.GetAsync("/api/v1/auth/me", token)).AssertStatus(200);
        (await Server.GetAsync("/api/v1/auth/me", Text(other, "access_token"))).AssertError(401, "UNAUTHORIZED");
        (await accounts.LogInAsync(email, "a better password")).AssertStatus(200);
    }

    [Fact]
    public async Task Me_EveryKindOfCredential_SaysWhoseItIs()
    {
        Assert.Equal("admin-token", Text((await Server.GetAsync("/api/v1/auth/me", accounts.Admin)).AssertStatus(200), "principal"));
        Assert.Equal("user:bob", Text((await Server.GetAsync("/api/v1/auth/me", Server.TokenFor("bob"))).AssertStatus(200), "principal"));
        (await Server.GetAsync("/api/v1/auth/me")).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Me_NameChanged_IsItsOwn()
    {
        var token = Text(await accounts.RegisterAsync(), "access_token");

        Assert.Equal("Ada Lovelace", Text((await Server.SendAsync(HttpMethod.Patch, "/api/v1/auth/me", """{"name":"Ada Lovelace"}""", token)).AssertStatus(200), "name"));
        Assert.Equal("Ada Lovelace", Text((await Server.GetAsync("/api/v1/auth/me", token)).AssertStatus(200), "name"));
        (await Server.SendAsync(HttpMethod.Patch, "/api/v1/auth/me", """{"email":"taken"}""", token)).AssertInvalid("email");
        (await Server.SendAsync(HttpMethod.Patch, "/api/v1/auth/me", """{"email":"new@example.com"}""", token)).AssertError(403, "FORBIDDEN");
    }

    internal static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string Message(HttpAnswer answer) => answer.Json.GetProperty("error").GetProperty("message").GetString()!;
}
