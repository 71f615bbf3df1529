using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Causeway.Realtime.Tests;

/// <summary>D11: what a client must pass before the upgrade, and how it is told.</summary>
public sealed class GateTests
{
    [Fact]
    public async Task Get_WithoutUpgrade_Is426()
    {
        await using var server = await LiveServer.StartAsync();

        var answer = await HttpAnswer.SendAsync(server.Address, "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

        Assert.Equal((426, "INVALID_MESSAGE"), (answer.Status, answer.ErrorCode));
        Assert.Equal("websocket", answer.Header("Upgrade"));
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version", "8", 426)]
    [InlineData("Sec-WebSocket-Key", "", 400)]
    [InlineData("Sec-WebSocket-Key", "c2hvcnQ=", 400)]
    [InlineData("Upgrade", "h2c", 400)]
    public async Task Upgrade_Malformed_IsRefused(string header, string value, int status)
    {
        await using var server = await LiveServer.StartAsync();

        var answer = await server.TryUpgradeAsync(new() { Headers = new Dictionary<string, string> { [header] = value } });

        Assert.Equal((status, "INVALID_MESSAGE"), (answer.Status, answer.ErrorCode));
        Assert.Equal(status == 426 ? "13" : null, answer.Header("Sec-WebSocket-Version"));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("own", true)]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://evil.example.com", false)]
    [InlineData("null", false)]
    public async Task Origin_OwnOrAllowed_MayConnect(string? origin, bool allowed)
    {
        await using var server = await LiveServer.StartAsync(static options => options.AllowedOrigins.Add("https://app.example.com"));
        var headers = origin is null ? [] : new Dictionary<string, string> { ["Origin"] = origin == "own" ? $"http://{server.Address.Authority}" : origin };

        var upgrade = await server.TryUpgradeAsync(new() { Headers = headers });
        var preflight = await server.TryUpgradeAsync(
            new() { Headers = new Dictionary<string, string>(headers) { ["Upgrade"] = "", ["Sec-WebSocket-Key"] = "", ["Connection"] = "close" } }, "/ws?preflight=1");
        using var stream = await SseReader.OpenAsync(new Uri(server.Address, "/sse?room=a"), headers: headers);

        Assert.Equal(allowed ? (101, null) : (403, "FORBIDDEN"), (upgrade.Status, upgrade.ErrorCode));
        Assert.Equal(allowed ? 200 : 403, preflight.Status);
        Assert.Equal(allowed ? (200, null) : (403, "FORBIDDEN"), (stream.Head.Status, stream.Head.ErrorCode));
    }

    [Fact]
    public async Task Subprotocols_AreChosenAndNeverEchoTheCredential()
    {
        await using var server = await LiveServer.StartAsync();

        var plain = await server.TryUpgradeAsync();
        var chosen = await server.TryUpgradeAsync(new() { Protocols = ["other", "causeway.v1"] });
        var unknown = await server.TryUpgradeAsync(new() { Protocols = ["other"] });
        var alone = await server.TryUpgradeAsync(new() { Protocols = ["bearer.ann"] });
        await using var client = await LiveClient.ConnectAsync(server.Address, new() { Protocols = ["bearer.ann", "causeway.v1"] });

        Assert.Equal((101, null), (plain.Status, plain.Header("Sec-WebSocket-Protocol")));
        Assert.Equal((101, "causeway.v1"), (chosen.Status, chosen.Header("Sec-WebSocket-Protocol")));
        Assert.Equal((101, null), (unknown.Status, unknown.Header("Sec-WebSocket-Protocol")));
        Assert.Equal((400, "INVALID_MESSAGE"), (alone.Status, alone.ErrorCode));
        Assert.DoesNotContain("ann", alone.Text, StringComparison.Ordinal);
        Assert.Equal("causeway.v1", client.Socket.Answer.Header("Sec-WebSocket-Protocol"));
        Assert.Equal("ann", client.Connected.Text("user_id"));
    }

    [Theory]
    [InlineData("bad")]
    [InlineData("ann;seconds=-1")]
    public async Task Credential_OfNoUse_Is401(string credential)
    {
        await using var server = await LiveServer.StartAsync();

        var upgrade = await server.TryUpgradeAsync(LiveServer.As(credential));
        using var stream = await server.StreamAsync("room=a", credential: credential);

        Assert.Equal((401, "UNAUTHORIZED"), (upgrade.Status, upgrade.ErrorCode));
        Assert.Equal((401, "UNAUTHORIZED"), (stream.Head.Status, stream.Head.ErrorCode));
        Assert.Equal(0, server.Connections.Count);
    }

    [Fact]
    public async Task Credential_NotJudgedInTime_Is503AndTakesNoPlace()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(static options => options.MaxConnectionsPerAddress = 1, time: time);

        var upgrade = server.TryUpgradeAsync(LiveServer.As("stuck"));
        await time.AdvanceWhenAsleep(TimeSpan.FromSeconds(10), timers: 2);
        var answer = await upgrade.Within();

        Assert.Equal((503, "UNAVAILABLE", "5"), (answer.Status, answer.ErrorCode, answer.Header("Retry-After")));
        await using var client = await server.ConnectAsync();
    }

    [Fact]
    public async Task Limits_PerUser_CountIdentifiedUsersAndAreGivenBack()
    {
        await using var server = await LiveServer.StartAsync(static options => options.MaxConnectionsPerUser = 2);
        await using var first = await server.ConnectAsync("ann");
        using var second = await server.StreamAsync("room=a", credential: "ann");
        await second.ReadAsync("connected");

        var third = await server.TryUpgradeAsync(LiveServer.As("ann"));
        using var stream = await server.StreamAsync("room=a", credential: "ann");
        await using var other = await server.ConnectAsync("bob");
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await (await server.ConnectAsync()).DisposeAsync();
        }

        Assert.Equal((429, "RATE_LIMITED"), (third.Status, third.ErrorCode));
        Assert.Equal("5", third.Header("Retry-After"));
        var details = third.Json.GetProperty("error").GetProperty("details");
        Assert.Equal((2, 5_000), (details.GetProperty("limit").GetInt32(), details.GetProperty("retry_after_ms").GetInt64()));
        Assert.Equal(429, stream.Head.Status);

        await first.CloseAsync();
        second.Connection.Reset();
        await Eventually.True(() => server.Connections.List().All(static connection => connection.UserId != "ann"));
        await using var again = await server.ConnectAsync("ann");
        await using var andAgain = await server.ConnectAsync("ann");
        Assert.Equal(429, (await server.TryUpgradeAsync(LiveServer.As("ann"))).Status);
    }

    [Fact]
    public async Task Limits_PerAddress_CountEverybodyAndAreGivenBack()
    {
        await using var server = await LiveServer.StartAsync(static options =>
        {
            options.MaxConnectionsPerAddress = 2;
            options.MaxConnectionsPerUser = 1;
            options.Namespaces["ns"] = new() { Join = JoinRule.Members };
        });
        await using var ann = await server.ConnectAsync("ann");

        // Who is refused, for whatever reason, takes no place; nor does who only asks.
        Assert.Equal(429, (await server.TryUpgradeAsync(LiveServer.As("ann"))).Status);
        Assert.Equal(401, (await server.TryUpgradeAsync(LiveServer.As("bad"))).Status);
        using (var refused = await server.StreamAsync("room=ns:x"))
        {
            Assert.Equal(403, refused.Head.Status);
        }

        for (var i = 0; i < 3; i++)
        {
            var preflight = await HttpAnswer.SendAsync(server.Address, "GET /ws?preflight=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            Assert.Equal((200, "ok", "no-store"), (preflight.Status, preflight.Json.GetProperty("status").GetString(), preflight.Header("Cache-Control")));
        }

        await using var nobody = await server.ConnectAsync();
        Assert.Equal(429, (await server.TryUpgradeAsync()).Status);
        Assert.Equal(429, (await HttpAnswer.SendAsync(server.Address, "GET /ws?preflight=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Status);

        nobody.Abort();
        await Eventually.Equal(1, () => server.Connections.Count);
        await (await server.ConnectAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Default_ApplicationsUser_IsTheIdentity()
    {
        var end = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
        var user = new ClaimsPrincipal(new ClaimsIdentity(
            [new("sub", "ann"), new("name", "Ann"), new("exp", "1900000000"), new("permissions", "join:x"), new("permissions", "publish:*")],
            "test", "name", "role"));

        var identity = (await AuthenticateAsync(user)).Identity!;

        Assert.Equal(("ann", "Ann", end, false), (identity.UserId, identity.Name, identity.ExpiresAt, identity.IsAdmin));
        Assert.Equal(["join:x", "publish:*"], identity.Permissions.Order());
    }

    [Fact]
    public async Task Default_NobodyOrAToken_IsAnonymousOrRefused()
    {
        var unauthenticated = new ClaimsPrincipal(new ClaimsIdentity([new("sub", "ann")]));
        var named = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "ann")], "test"));

        Assert.Same(RealtimeIdentity.Anonymous, (await AuthenticateAsync(new ClaimsPrincipal())).Identity);
        Assert.Same(RealtimeIdentity.Anonymous, (await AuthenticateAsync(unauthenticated)).Identity);
        Assert.Equal("ann", (await AuthenticateAsync(named)).Identity!.UserId);
        Assert.Equal("UNAUTHORIZED", (await AuthenticateAsync(named, "token")).Error!.Code.Name);
        Assert.Equal("UNAUTHORIZED", (await new UserAuthenticator().RefreshAsync(null!, "token", TestContext.Current.CancellationToken)).Error!.Code.Name);
    }

    private static ValueTask<AuthenticationOutcome> AuthenticateAsync(ClaimsPrincipal user, string? token = null) =>
        new UserAuthenticator().AuthenticateAsync(new DefaultHttpContext { User = user }, token, CancellationToken.None);
}
