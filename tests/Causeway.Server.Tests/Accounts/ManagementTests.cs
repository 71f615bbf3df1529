using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests.Accounts;

/// <summary>Users, roles and API keys, as whoever runs the service manages them.</summary>
public sealed class ManagementTests(AccountServer accounts) : IClassFixture<AccountServer>
{
    private RunningServer Server => accounts.Server;

    [Fact]
    public async Task User_CreatedReadChangedDeleted_EachStepShows()
    {
        var email = accounts.NextEmail();
        var created = await Server.PostAsync("/api/v1/users", $$"""{"email":"{{email}}","name":"Ada"}""", accounts.Admin);
        var path = created.Header("Location")!;
        Assert.Equal("\"1\"", created.Header("ETag"));
        Assert.False(created.AssertStatus(201).GetProperty("has_password").GetBoolean());

        Assert.Equal("Ada", Text((await Server.GetAsync(path, accounts.Admin)).AssertStatus(200), "name"));
        var changed = await Server.SendAsync(HttpMethod.Patch, path, """{"name":null,"disabled":true}""", accounts.Admin, ("If-Match", "\"1\""));
        Assert.Equal("\"2\"", changed.Header("ETag"));
        Assert.True(changed.AssertStatus(200).GetProperty("disabled").GetBoolean());
        (await Server.SendAsync(HttpMethod.Patch, path, """{"name":"Eve"}""", accounts.Admin, ("If-Match", "\"1\""))).AssertError(412, "PRECONDITION_FAILED");
        (await Server.SendAsync(HttpMethod.Delete, path, token: accounts.Admin)).AssertStatus(204);
        (await Server.GetAsync(path, accounts.Admin)).AssertError(404, "NOT_FOUND");
        (await Server.SendAsync(HttpMethod.Patch, path, "{}", accounts.Admin)).AssertError(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("""{}""", "email")]
    [InlineData("""{"email":"x","password":"short","roles":["No Role"],"name":""}""", "email", "password", "roles", "name")]
    [InlineData("""{"email":"known@example.com","roles":["wizard"]}""", "roles")]
    [InlineData("""{"email":"known@example.com","security_version":7}""", "security_version")]
    public async Task CreateUser_FieldThatBreaksARule_NamesEach(string body, params string[] fields) =>
        (await Server.PostAsync("/api/v1/users", body, accounts.Admin)).AssertInvalid(fields);

    [Fact]
    public async Task CreateUser_TwiceWithAnIdempotencyKey_MakesOne()
    {
        var body = $$"""{"email":"{{accounts.NextEmail()}}"}""";

        var first = (await Server.PostAsync("/api/v1/users", body, accounts.Admin, ("Idempotency-Key", "user-1"))).AssertStatus(201);
        var again = (await Server.PostAsync("/api/v1/users", body, accounts.Admin, ("Idempotency-Key", "user-1"))).AssertStatus(201);

        Assert.Equal(Text(first, "id"), Text(again, "id"));
        (await Server.PostAsync("/api/v1/users", body, accounts.Admin)).AssertError(409, "CONFLICT");
    }

    /// <summary>Whoever manages accounts must not become, or make, more than they are.</summary>
    [Fact]
    public async Task User_ManagedByOneWhoMayLess_IsRefused()
    {
        await accounts.PutRoleAsync("manager", "users:*", "roles:*", "api_keys:*");
        var manager = await accounts.AddAsync("manager");
        var root = await accounts.AddAsync("admin");
        var other = await accounts.AddAsync("user");

        (await Server.PostAsync("/api/v1/users", $$"""{"email":"{{accounts.NextEmail()}}","roles":["admin"]}""", manager.Token)).AssertError(403, "FORBIDDEN");
        (await PatchAsync(other.Id, """{"roles":["admin"]}""")).AssertError(403, "FORBIDDEN");
        (await PatchAsync(manager.Id, """{"roles":["admin"]}""")).AssertError(403, "FORBIDDEN");
        (await PatchAsync(root.Id, """{"password":"taken over now"}""")).AssertError(403, "FORBIDDEN");
        (await Server.SendAsync(HttpMethod.Delete, "/api/v1/users/" + root.Id, token: manager.Token)).AssertError(403, "FORBIDDEN");
        (await Server.SendAsync(HttpMethod.Put, "/api/v1/roles/manager", """{"permissions":["*"]}""", manager.Token)).AssertError(403, "FORBIDDEN");
        (await Server.PostAsync("/api/v1/api-keys", """{"name":"k","scopes":["rooms:read"]}""", manager.Token)).AssertError(403, "FORBIDDEN");
        (await PatchAsync(other.Id, """{"name":"Changed"}""")).AssertStatus(200);

        Task<HttpAnswer> PatchAsync(string id, string body) => Server.SendAsync(HttpMethod.Patch, "/api/v1/users/" + id, body, manager.Token);
    }

    [Fact]
    public async Task User_Disabled_IsOutAtOnce()
    {
        var user = await accounts.AddAsync("user");

        (await Server.SendAsync(HttpMethod.Patch, "/api/v1/users/" + user.Id, """{"disabled":true}""", accounts.Admin)).AssertStatus(200);

        (await Server.GetAsync("/api/v1/auth/me", user.Token)).AssertError(401, "UNAUTHORIZED");
        (await accounts.LogInAsync(user.Email)).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task User_LoggedOutByAnAdmin_ItsTokensAreVoid()
    {
        var user = await accounts.AddAsync("user");

        (await Server.SendAsync(HttpMethod.Post, $"/api/v1/users/{user.Id}/logout", token: accounts.Admin)).AssertStatus(204);

        (await Server.GetAsync("/api/v1/auth/me", user.Token)).AssertError(401, "UNAUTHORIZED");
        (await Server.SendAsync(HttpMethod.Post, "/api/v1/users/nobody/logout", token: accounts.Admin)).AssertError(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("GET", "/api/v1/users/x")]
    [InlineData("POST", "/api/v1/users")]
    [InlineData("PATCH", "/api/v1/users/x")]
    [InlineData("DELETE", "/api/v1/users/x")]
    [InlineData("GET", "/api/v1/roles")]
    [InlineData("PUT", "/api/v1/roles/x")]
    [InlineData("DELETE", "/api/v1/roles/x")]
    [InlineData("POST", "/api/v1/api-keys")]
    [InlineData("GET", "/api/v1/api-keys/x")]
    public async Task Manage_WithoutThePermission_Refused(string method, string path)
    {
        var user = await accounts.AddAsync("user");
        var body = method is "GET" or "DELETE" ? null : "{}";

        (await Server.SendAsync(new HttpMethod(method), path, body)).AssertError(401, "UNAUTHORIZED");
        (await Server.SendAsync(new HttpMethod(method), path, body, user.Token)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Role_Changed_GovernsWhoHasItFromTheNextRequestOn()
    {
        await accounts.PutRoleAsync("reader", "roles:read");
        var user = await accounts.AddAsync("reader");
        (await Server.GetAsync("/api/v1/roles", user.Token)).AssertStatus(200);

        await accounts.PutRoleAsync("reader", "users:read");

        (await Server.GetAsync("/api/v1/roles", user.Token)).AssertError(403, "FORBIDDEN");
        (await Server.GetAsync("/api/v1/users/" + user.Id, user.Token)).AssertStatus(200);
        var inUse = await Server.SendAsync(HttpMethod.Delete, "/api/v1/roles/reader", token: accounts.Admin);
        Assert.Equal(1, inUse.AssertError(409, "CONFLICT").GetProperty("users").GetInt32());
        (await Server.SendAsync(HttpMethod.Put, "/api/v1/roles/admin", """{"permissions":[]}""", accounts.Admin)).AssertError(409, "CONFLICT");
        (await Server.SendAsync(HttpMethod.Put, "/api/v1/roles/Bad%20Name", """{"permissions":["no good"]}""", accounts.Admin)).AssertInvalid("role", "permissions");
        (await Server.GetAsync("/api/v1/roles/nothing", accounts.Admin)).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public async Task ApiKey_OfAnAccount_DoesWhatItsScopesAndItsOwnerMay()
    {
        await accounts.PutRoleAsync("keeper", "api_keys:*", "roles:read", "users:read");
        var owner = await accounts.AddAsync("keeper");
        var created = (await Server.PostAsync("/api/v1/api-keys", """{"name":"ci","scopes":["roles:read"]}""", owner.Token)).AssertStatus(201);
        var secret = Text(created, "secret");
        var path = "/api/v1/api-keys/" + Text(created, "id");

        (await Server.GetAsync("/api/v1/roles", secret)).AssertStatus(200);
        (await Server.GetAsync("/api/v1/users/" + owner.Id, secret)).AssertError(403, "FORBIDDEN");
        Assert.False((await Server.GetAsync(path, owner.Token)).AssertStatus(200).TryGetProperty("secret", out _));
        await accounts.PutRoleAsync("keeper", "api_keys:*");
        (await Server.GetAsync("/api/v1/roles", secret)).AssertError(403, "FORBIDDEN");

        (await Server.SendAsync(HttpMethod.Patch, path, """{"revoked":true}""", owner.Token)).AssertStatus(200);
        (await Server.GetAsync("/api/v1/roles", secret)).AssertError(401, "UNAUTHORIZED");
        (await Server.GetAsync(path, (await accounts.AddAsync("keeper")).Token)).AssertError(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("""{}""", "name", "scopes")]
    [InlineData("""{"name":"k","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"k","scopes":["a b"],"expires_at":"2001-01-01T00:00:00Z"}""", "scopes", "expires_at")]
    public async Task CreateApiKey_FieldThatBreaksARule_NamesEach(string body, params string[] fields) =>
        (await Server.PostAsync("/api/v1/api-keys", body, accounts.Admin)).AssertInvalid(fields);

    [Fact]
    public async Task Lists_FilteredSortedAndPaged_ShowWhatIsAsked()
    {
        var (id, token, email) = await accounts.AddAsync("user");

        var found = (await Server.GetAsync($"/api/v1/users?email.contains={Uri.EscapeDataString(email)}&disabled=false&sort=email", accounts.Admin)).AssertStatus(200);
        Assert.Equal(id, Text(Assert.Single(found.GetProperty("items").EnumerateArray()), "id"));
        Assert.DoesNotContain("hash", found.GetRawText(), StringComparison.Ordinal);
        Assert.Single((await Server.GetAsync($"/api/v1/users?email={email.ToUpperInvariant()}", accounts.Admin)).AssertStatus(200).GetProperty("items").EnumerateArray());
        await Server.SendAsync(HttpMethod.Patch, "/api/v1/users/" + id, """{"name":"Zephyrine"}""", accounts.Admin);
        Assert.Equal(id, Text(Assert.Single((await Server.GetAsync("/api/v1/users?q=ZEPHYR", accounts.Admin)).AssertStatus(200).GetProperty("items").EnumerateArray()), "id"));
        var page = (await Server.GetAsync("/api/v1/users?page=1&page_size=1", accounts.Admin)).AssertStatus(200);
        Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.True(page.GetProperty("total").GetInt64() >= 1);
        (await Server.GetAsync("/api/v1/users?password_hash.prefix=A&sort=security_version", accounts.Admin)).AssertInvalid("password_hash.prefix", "sort");
        (await Server.GetAsync("/api/v1/users", token)).AssertError(403, "FORBIDDEN");

        var acts = (await Server.GetAsync($"/api/v1/audit?action=user.create&target=user:{id}", accounts.Admin)).AssertStatus(200);
        Assert.Equal("admin-token", Text(Assert.Single(acts.GetProperty("items").EnumerateArray()), "actor"));
        var csv = await Server.GetAsync("/api/v1/audit/export.csv?action=user.create", accounts.Admin);
        Assert.Equal(200, csv.Status);
        Assert.Contains("user:" + id, csv.Text, StringComparison.Ordinal);
        (await Server.GetAsync("/api/v1/audit", token)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Keys_Listed_AreOnesOwnAndForAdminsAll()
    {
        await accounts.PutRoleAsync("own-keys", "api_keys:*");
        var one = await accounts.AddAsync("own-keys");
        var other = await accounts.AddAsync("own-keys");
        var created = (await Server.PostAsync("/api/v1/api-keys", """{"name":"mine","scopes":["api_keys:read"]}""", one.Token)).AssertStatus(201);

        var items = (await Server.GetAsync("/api/v1/api-keys", one.Token)).AssertStatus(200).GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(Text(created, "id"), Text(Assert.Single(items), "id"));
        Assert.False(items[0].TryGetProperty("secret", out _));
        Assert.Empty((await Server.GetAsync("/api/v1/api-keys", other.Token)).AssertStatus(200).GetProperty("items").EnumerateArray());
        Assert.NotEmpty((await Server.GetAsync("/api/v1/api-keys?name=mine", accounts.Admin)).AssertStatus(200).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Users_ExportedAndImported_TellWhatIsWrongByLine()
    {
        var known = await accounts.AddAsync("user");
        var (first, second) = (accounts.NextEmail(), accounts.NextEmail());
        var file = $"email,name,roles\n{first},Ada,user\nnobody,Bob,user\n{known.Email},Eve,user\n{second},Cyd,wizard\n";

        var tried = await ImportAsync(file, "?dry_run=true");
        Assert.Equal((1, 3), (tried.GetProperty("created").GetInt32(), tried.GetProperty("failed").GetInt32()));
        var done = await ImportAsync(file, "");

        Assert.Equal([3, 4, 5], done.GetProperty("errors").EnumerateArray().Select(static error => error.GetProperty("line").GetInt32()));
        var export = await Server.GetAsync("/api/v1/users/export.csv?email=" + first, accounts.Admin);
        Assert.Contains($"{first},Ada,user,false", export.Text, StringComparison.Ordinal);
        Assert.Equal(1, (await ImportAsync(export.Text, "")).GetProperty("failed").GetInt32());
        Assert.Single((await Server.GetAsync("/api/v1/users/export.ndjson?email=" + first, accounts.Admin)).Text.Trim().Split('\n'));

        async Task<JsonElement> ImportAsync(string csv, string query)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/users/import" + query) { Content = new StringContent(csv, System.Text.Encoding.UTF8, "text/csv") };
            request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", accounts.Admin);
            using var response = await Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonElement.Parse(text);
        }
    }

    [Fact]
    public async Task ApiKey_MakesNoKeys()
    {
        var secret = Text((await Server.PostAsync("/api/v1/api-keys", """{"name":"ci","scopes":["*"]}""", accounts.Admin)).AssertStatus(201), "secret");

        (await Server.PostAsync("/api/v1/api-keys", """{"name":"more","scopes":["rooms:read"]}""", secret)).AssertError(403, "FORBIDDEN");
        (await Server.GetAsync("/api/v1/overview", secret)).AssertStatus(200);
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
