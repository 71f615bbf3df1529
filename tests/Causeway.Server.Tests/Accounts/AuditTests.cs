using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Hosting;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Accounts;

/// <summary>E8: what is written down besides what accounts do by themselves.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task Reload_ChangedConfiguration_IsWrittenDownWithoutItsSecrets()
    {
        using var directory = new TempDirectory();
        await using var server = await RunningServer.StartInAsync(directory, Configured("information", "first geheim"));
        var reloader = server.App.Services.GetRequiredService<Reloader>();
        directory.Write("causeway.json", Configured("debug", "second geheim"));

        Assert.True((await reloader.ReloadAsync().Within()).Succeeded);
        await reloader.ReloadAsync().Within();

        var entry = Assert.Single(await EntriesAsync(server, "config.reload"));
        Assert.Equal(("service", "success"), (entry.GetProperty("actor").GetString(), entry.GetProperty("outcome").GetString()));
        var values = entry.GetProperty("details").GetProperty("values");
        Assert.Equal(["information", "debug"], values.GetProperty("Telemetry:LogLevel").EnumerateArray().Select(static value => value.GetString()!.ToLowerInvariant()));
        Assert.Equal(["********", "********"], values.GetProperty("Mail:Smtp:Password").EnumerateArray().Select(static value => value.GetString()));
        Assert.Equal("Mail:Smtp:Password", entry.GetProperty("details").GetProperty("need_restart")[0].GetString());
        Assert.DoesNotContain("geheim", entry.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_BrokenConfiguration_IsWrittenDownAsFailed()
    {
        using var directory = new TempDirectory();
        await using var server = await RunningServer.StartInAsync(directory);
        directory.Write("causeway.json", """{ "Telemetry": { "LogLevel": "loud" } }""");

        Assert.False((await server.App.Services.GetRequiredService<Reloader>().ReloadAsync().Within()).Succeeded);

        var entry = Assert.Single(await EntriesAsync(server, "config.reload"));
        Assert.Equal("failed", entry.GetProperty("outcome").GetString());
        Assert.Contains("Telemetry:LogLevel", entry.GetProperty("details").GetProperty("problems")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operator_ActsOfHis_AreWrittenDown()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync(server.TokenFor("ann"));
        await ann.JoinAsync("lobby");
        var id = (await server.GetAsync("/api/v1/connections", server.AdminToken)).AssertStatus(200).GetProperty("items")[0].GetProperty("connection_id").GetString()!;

        Assert.Equal(204, (await server.SendAsync(HttpMethod.Delete, "/api/v1/rooms/lobby/members/ann?reason=rude", token: server.AdminToken)).Status);
        Assert.Equal(204, (await server.SendAsync(HttpMethod.Delete, "/api/v1/connections/" + id, token: server.AdminToken)).Status);
        (await server.SendAsync(HttpMethod.Put, "/api/v1/request-log", """{"seconds":60,"bodies":true}""", server.AdminToken)).AssertStatus(200);
        Assert.Equal(204, (await server.SendAsync(HttpMethod.Delete, "/api/v1/request-log", token: server.AdminToken)).Status);
        (await server.SendAsync(HttpMethod.Post, "/api/v1/loops/signing%20keys/pause", token: server.AdminToken)).AssertStatus(200);
        Assert.Equal(200, (await server.GetAsync("/api/v1/users/export.csv?sort=email", server.AdminToken)).Status);

        var kick = Assert.Single(await EntriesAsync(server, "room.kick"));
        Assert.Equal(("admin-token", "room:lobby", "ann", "rude"), (
            kick.GetProperty("actor").GetString(), kick.GetProperty("target").GetString(), Detail(kick, "user_id"), Detail(kick, "reason")));
        var close = Assert.Single(await EntriesAsync(server, "connection.close"));
        Assert.Equal(("connection:" + id, "ann"), (close.GetProperty("target").GetString(), Detail(close, "user_id")));
        Assert.True(Assert.Single(await EntriesAsync(server, "request_log.switch")).GetProperty("details").GetProperty("bodies").GetBoolean());
        Assert.Single(await EntriesAsync(server, "request_log.reset"));
        Assert.Equal("loop:signing keys", Assert.Single(await EntriesAsync(server, "loop.pause")).GetProperty("target").GetString());
        var export = Assert.Single(await EntriesAsync(server, "users.export"));
        Assert.Equal(("csv", "sort=email"), (Detail(export, "format"), Detail(export, "query")));
    }

    [Fact]
    public async Task Operator_ActThatWasRefused_IsNone()
    {
        await using var server = await StartAsync();

        (await server.SendAsync(HttpMethod.Delete, "/api/v1/connections/nobody", token: server.AdminToken)).AssertError(404, "NOT_FOUND");
        (await server.SendAsync(HttpMethod.Put, "/api/v1/request-log", """{"seconds":0}""", server.AdminToken)).AssertInvalid("seconds");
        (await server.SendAsync(HttpMethod.Post, "/api/v1/loops/nothing/run", token: server.AdminToken)).AssertError(404, "NOT_FOUND");

        Assert.Empty(await EntriesAsync(server, "connection.close"));
        Assert.Empty(await EntriesAsync(server, "request_log.switch"));
        Assert.Empty(await EntriesAsync(server, "loop.run"));
    }

    [Fact]
    public async Task Request_CredentialThatIsNotValid_IsFewEntriesHoweverManyCome()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 40; i++)
        {
            (await server.GetAsync("/api/v1/users", "no-such-token-" + i)).AssertError(401, "UNAUTHORIZED");
        }

        (await server.GetAsync("/api/v1/users")).AssertError(401, "UNAUTHORIZED");
        await server.App.Services.GetRequiredService<IdentityUpkeep>().FinishAsync();

        var entries = await EntriesAsync(server, "auth.credential");
        Assert.InRange(entries.Count, 1, 3);
        Assert.Equal(40, entries.Sum(Count));
        Assert.All(entries, static entry => Assert.Equal(
            ("anonymous", "refused", "127.0.0.1", "/api/v1/users"),
            (entry.GetProperty("actor").GetString(), entry.GetProperty("outcome").GetString(), entry.GetProperty("address").GetString(), Detail(entry, "path"))));
        Assert.DoesNotContain("no-such-token", string.Concat(entries.Select(static entry => entry.GetRawText())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/ws?preflight=1")]
    [InlineData("/sse?room=lobby")]
    public async Task Live_CredentialThatIsNotValid_IsWrittenDown(string path)
    {
        await using var server = await StartAsync();

        (await server.GetAsync(path, "no-such-token")).AssertError(401, "UNAUTHORIZED");
        await server.App.Services.GetRequiredService<IdentityUpkeep>().FinishAsync();

        Assert.Equal(path.Split('?')[0], Detail(Assert.Single(await EntriesAsync(server, "auth.credential")), "path"));
    }

    [Fact]
    public async Task Live_RefreshWithACredentialThatIsNotValid_IsWrittenDownOnceHoweverOften()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync(server.TokenFor("ann"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("UNAUTHORIZED", (await ann.RequestAsync("refresh_token", new JsonObject { ["access_token"] = "no-such-token" })).ErrorCode);
        }

        Assert.Equal("ack", (await ann.RequestAsync("refresh_token", new JsonObject { ["access_token"] = server.TokenFor("ann") })).Type);
        await server.App.Services.GetRequiredService<IdentityUpkeep>().FinishAsync();

        var entry = Assert.Single(await EntriesAsync(server, "auth.credential"));
        Assert.Equal(5, Count(entry));
        Assert.Equal(
            ("user:ann", "refused", "127.0.0.1", "refresh_token"),
            (entry.GetProperty("actor").GetString(), entry.GetProperty("outcome").GetString(), entry.GetProperty("address").GetString(), Detail(entry, "type")));
        Assert.DoesNotContain("no-such-token", entry.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_NotAllowed_IsWrittenDownWithWhatWasMissing()
    {
        await using var server = await StartAsync();
        var token = server.TokenFor("ann");

        (await server.GetAsync("/api/v1/users", token)).AssertError(403, "FORBIDDEN");
        (await server.GetAsync("/api/v1/users", token)).AssertError(403, "FORBIDDEN");
        (await server.GetAsync("/api/v1/audit", token)).AssertError(403, "FORBIDDEN");
        await server.App.Services.GetRequiredService<IdentityUpkeep>().FinishAsync();

        var entries = await EntriesAsync(server, "access.refuse");
        Assert.All(entries, static entry => Assert.Equal("user:ann", entry.GetProperty("actor").GetString()));
        Assert.Equal(
            [("permission:audit:read", 1), ("permission:users:read", 2)],
            entries.GroupBy(static entry => entry.GetProperty("target").GetString()).Select(static group => (group.Key, group.Sum(Count))).Order());
    }

    private static string Configured(string level, string password) => $$"""
        {
          "Telemetry": { "LogLevel": "{{level}}" },
          "Mail": { "From": "causeway@example.com", "Smtp": { "Host": "127.0.0.1", "Port": 1, "UserName": "causeway", "Password": "{{password}}" } }
        }
        """;

    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync("""{ "Auth": { "Mode": "required" }, "RateLimits": { "Enabled": false } }""");

    private static async Task<List<JsonElement>> EntriesAsync(RunningServer server, string action) =>
        [.. (await server.GetAsync($"/api/v1/audit?action={action}", server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray()];

    private static string? Detail(JsonElement entry, string name) => entry.GetProperty("details").GetProperty(name).GetString();

    private static int Count(JsonElement entry) => entry.GetProperty("details").TryGetProperty("count", out var count) ? count.GetInt32() : 1;
}
