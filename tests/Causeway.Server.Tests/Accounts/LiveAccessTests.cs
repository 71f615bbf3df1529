using System.Diagnostics;
using Causeway.Testing;

namespace Causeway.Server.Tests.Accounts;

/// <summary>D11, E3: live connections follow accounts, sessions, roles and API keys.</summary>
public sealed class LiveAccessTests(AccountServer accounts) : IClassFixture<AccountServer>
{
    /// <summary>A second as promised, and what a busy machine adds.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(4);

    private RunningServer Server => accounts.Server;

    [Fact]
    public async Task LogOut_Session_ClosesItsConnectionsAndNoOther()
    {
        var (_, token, email) = await accounts.AddAsync("user");
        var other = (await accounts.LogInAsync(email)).AssertStatus(200).GetProperty("access_token").GetString()!;
        await using var here = await Server.ConnectAsync(token);
        await using var there = await Server.ConnectAsync(other);
        using var stream = await OpenStreamAsync(token);

        var session = (await Server.GetAsync("/api/v1/auth/sessions", token)).AssertStatus(200).GetProperty("items").EnumerateArray()
            .Single(static session => session.GetProperty("current").GetBoolean()).GetProperty("id").GetString();
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/auth/sessions/{session}", null, other)).AssertStatus(204);

        Assert.Equal(4501, (await here.Closed.Within()).Code);
        Assert.Null(await stream.ReadAsync().Within());
        Assert.Equal("pong", (await there.RequestAsync("ping")).Type);
    }

    [Theory]
    [InlineData("""{"disabled":true}""")]
    [InlineData(null)]
    public async Task User_DisabledOrDeleted_IsClosedWithinASecond(string? change)
    {
        var (id, token, _) = await accounts.AddAsync("user");
        await using var client = await Server.ConnectAsync(token);
        using var stream = await OpenStreamAsync(token);

        var clock = Stopwatch.StartNew();
        var answer = change is null
            ? await Server.SendAsync(HttpMethod.Delete, $"/api/v1/users/{id}", null, accounts.Admin)
            : await Server.SendAsync(HttpMethod.Patch, $"/api/v1/users/{id}", change, accounts.Admin);

        Assert.InRange(answer.Status, 200, 204);
        Assert.Equal(4501, (await client.Closed.Within()).Code);
        Assert.Null(await stream.ReadAsync().Within());
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Slack);
    }

    [Fact]
    public async Task Role_Changed_GovernsEveryConnectionOfManyWithinASecond()
    {
        await Server.PostAsync("/api/v1/rooms", """{"room_id":"ward","settings":{"join":"permission","publish":"server"}}""", accounts.Admin);
        await accounts.PutRoleAsync("nurse", "join:ward", "publish:ward");
        var clients = new List<LiveClient>();
        for (var n = 0; n < 10; n++)
        {
            var (_, token, _) = await accounts.AddAsync("nurse");
            for (var device = 0; device < 3; device++)
            {
                clients.Add(await Server.ConnectAsync(token));
                await clients[^1].JoinAsync("ward");
            }
        }

        Assert.Null((await clients[0].RequestAsync("note", room: "ward")).ErrorCode);
        var clock = Stopwatch.StartNew();
        await accounts.PutRoleAsync("nurse", "join:ward");
        await Eventually.True(
            async () => (await Task.WhenAll(clients.Select(client => client.RequestAsync("note", room: "ward")))).All(static answer => answer.ErrorCode == "FORBIDDEN"),
            what: "nobody publishes any more");
        var publish = clock.Elapsed;
        clock.Restart();
        await accounts.PutRoleAsync("nurse");
        foreach (var client in clients)
        {
            Assert.Equal("ward", (await client.NextAsync("kicked")).Payload.GetProperty("room_id").GetString());
        }

        Assert.InRange(publish, TimeSpan.Zero, Slack);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Slack);
        foreach (var client in clients)
        {
            Assert.Equal("pong", (await client.RequestAsync("ping")).Type);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Password_Changed_OtherSessionsAreClosedAndTheOwnStays()
    {
        var (_, token, email) = await accounts.AddAsync("user");
        var other = (await accounts.LogInAsync(email)).AssertStatus(200).GetProperty("access_token").GetString()!;
        await using var own = await Server.ConnectAsync(token);
        await using var foreign = await Server.ConnectAsync(other);

        var answer = await Server.PostAsync(
            "/api/v1/auth/password", $$"""{"current_password":"{{AccountServer.Password}}","new_password":"another horse battery"}""", token);

        Assert.InRange(answer.Status, 200, 204);
        Assert.Equal(4501, (await foreign.Closed.Within()).Code);
        Assert.Equal("pong", (await own.RequestAsync("ping")).Type);
    }

    [Fact]
    public async Task ApiKey_Revoked_ClosesItsConnections()
    {
        var made = (await Server.PostAsync("/api/v1/api-keys", """{"name":"sensor","scopes":["join:*"]}""", accounts.Admin)).AssertStatus(201);
        var key = made.GetProperty("secret").GetString()!;
        await using var client = await Server.ConnectAsync(key);
        await client.JoinAsync("lobby");

        Assert.InRange((await Server.SendAsync(HttpMethod.Delete, $"/api/v1/api-keys/{made.GetProperty("id").GetString()}", null, accounts.Admin)).Status, 200, 204);

        Assert.Equal(4501, (await client.Closed.Within()).Code);
    }

    private async Task<SseReader> OpenStreamAsync(string token)
    {
        var stream = await SseReader.OpenAsync(new Uri(Server.Address, "/sse?room=lobby"), null, new Dictionary<string, string> { ["Authorization"] = "Bearer " + token });
        await stream.ReadAsync("connected");
        return stream;
    }
}
