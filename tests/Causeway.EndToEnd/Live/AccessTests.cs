using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>E4, D11: a server that asks for credentials.</summary>
public sealed class AccessTests(GuardedServer server) : IClassFixture<GuardedServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Theory]
    [InlineData("/api/v1/overview")]
    [InlineData("/api/v1/connections")]
    [InlineData("/api/v1/rooms/a/messages")]
    [InlineData("/ws?preflight=1")]
    [InlineData("/sse?room=a")]
    public async Task Get_NoCredential_Unauthorized(string path) => (await Causeway.GetAsync(path)).AssertError(401, "UNAUTHORIZED");

    [Fact]
    public async Task Publish_NoCredential_Unauthorized() =>
        (await Causeway.PostAsync("/api/v1/rooms/a/messages", """{"type":"chat","payload":{}}""")).AssertError(401, "UNAUTHORIZED");

    [Theory]
    [InlineData("/health")]
    [InlineData("/ready")]
    public async Task Get_HealthWithoutCredential_Answers(string path) => Assert.Equal(200, (await Causeway.GetAsync(path)).Status);

    [Fact]
    public async Task AdminToken_AsBearer_OpensTheApi()
    {
        var answer = await Causeway.GetAsync("/api/v1/overview", ("Authorization", $"Bearer {Causeway.AdminToken}"));

        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain(Causeway.AdminToken, Causeway.Process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdminToken_OneCharacterOff_Unauthorized() =>
        (await Causeway.GetAsync("/api/v1/overview", ("Authorization", $"Bearer {Causeway.AdminToken}x"))).AssertError(401, "UNAUTHORIZED");

    [Fact]
    public async Task UserToken_OnAnAdminRoute_Forbidden() =>
        (await Causeway.GetAsync("/api/v1/connections", ("Authorization", $"Bearer {Tokens.For("ada")}"))).AssertError(403, "FORBIDDEN");

    [Theory]
    [InlineData("")]
    [InlineData("Bearer nonsense")]
    [InlineData("Basic YTpi")]
    public async Task Upgrade_NoValidCredential_Unauthorized(string authorization) =>
        (await RawWebSocket.TryUpgradeAsync(Causeway.WebSocket, new RawHandshake { Headers = new Dictionary<string, string> { ["Authorization"] = authorization } }))
            .AssertError(401, "UNAUTHORIZED");

    [Fact]
    public async Task Upgrade_ExpiredToken_Unauthorized() =>
        (await RawWebSocket.TryUpgradeAsync(Causeway.WebSocket, Bearer(Tokens.For("ada", TimeSpan.FromSeconds(-5))))).AssertError(401, "UNAUTHORIZED");

    [Fact]
    public async Task Upgrade_BearerHeader_KnowsTheUser()
    {
        await using var client = await Causeway.ConnectAsync(Bearer(Tokens.For("header-user")));

        Assert.Equal("header-user", client.Connected.Payload.GetProperty("user_id").GetString());
    }

    [Fact]
    public async Task Upgrade_BearerProtocol_KnowsTheUserAndNeverEchoesTheToken()
    {
        var token = Tokens.For("protocol-user");
        await using var client = await Causeway.ConnectAsync(new RawHandshake { Protocols = ["causeway.v1", "bearer." + token] });

        Assert.Equal("protocol-user", client.Connected.Payload.GetProperty("user_id").GetString());
        Assert.Equal("causeway.v1", client.Socket.Answer.Header("Sec-WebSocket-Protocol"));
        Assert.DoesNotContain(client.Socket.Answer.Headers.Values, value => value.Contains(token, StringComparison.Ordinal));
        Assert.DoesNotContain(token, Causeway.Process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upgrade_TokenInTheQuery_IsNotACredential()
    {
        var uri = new Uri($"{Causeway.WebSocket}?access_token={Tokens.For("ada")}");

        (await RawWebSocket.TryUpgradeAsync(uri)).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Upgrade_TokenInTheQueryWhereAllowed_KnowsTheUser()
    {
        var configuration = JsonNode.Parse(Tokens.Configuration())!;
        configuration["Auth"]!["AllowQueryToken"] = true;
        await using var causeway = await CausewayProcess.StartAsync(configuration.ToJsonString());
        var token = Tokens.For("query-user");

        using var socket = await RawWebSocket.ConnectAsync(new Uri($"{causeway.WebSocket}?access_token={token}"));

        Assert.Contains("query-user", await socket.ReadTextAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(token, causeway.Process.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://app.example", 101)]
    [InlineData("https://app.example.evil.example", 403)]
    [InlineData("http://app.example", 403)]
    public async Task Upgrade_ConfiguredOrigin_DecidesExactly(string origin, int expected)
    {
        var headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {Tokens.For("origin-user-" + expected + origin.Length)}", ["Origin"] = origin };

        Assert.Equal(expected, (await RawWebSocket.TryUpgradeAsync(Causeway.WebSocket, new RawHandshake { Headers = headers })).Status);
    }

    [Fact]
    public async Task Upgrade_MoreThanAUserMayHave_RateLimited()
    {
        var token = Tokens.For("many-devices");
        await using var one = await Causeway.ConnectAsync(Bearer(token));
        await using var two = await Causeway.ConnectAsync(Bearer(token));
        await using var three = await Causeway.ConnectAsync(Bearer(token));

        var refused = await RawWebSocket.TryUpgradeAsync(Causeway.WebSocket, Bearer(token));

        refused.AssertError(429, "RATE_LIMITED");
        refused.AssertRetryAfter();
    }

    [Fact]
    public async Task Join_PermissionNamespace_NeedsThePermission()
    {
        await using var with = await Causeway.ConnectAsync(Bearer(Tokens.For("gate-1", null, "join:gated:a*")));
        await using var without = await Causeway.ConnectAsync(Bearer(Tokens.For("gate-2")));

        Assert.Equal("FORBIDDEN", (await without.RequestAsync("join_room", new JsonObject { ["room_id"] = "gated:abc" })).ErrorCode);
        Assert.Equal("FORBIDDEN", (await with.RequestAsync("join_room", new JsonObject { ["room_id"] = "gated:other" })).ErrorCode);
        await with.JoinAsync("gated:abc");
    }

    [Fact]
    public async Task Join_MembersNamespace_TakesOnlyWhoTheRoomNames()
    {
        var admin = ("Authorization", $"Bearer {Causeway.AdminToken}");
        var created = await Causeway.PostAsync("/api/v1/rooms", """{"room_id":"team:red","allowed_users":["member"]}""", admin);
        Assert.True(created.Status == 201, created.Text);
        await using var member = await Causeway.ConnectAsync(Bearer(Tokens.For("member")));
        await using var stranger = await Causeway.ConnectAsync(Bearer(Tokens.For("stranger")));

        await member.JoinAsync("team:red");
        Assert.Equal("FORBIDDEN", (await stranger.RequestAsync("join_room", new JsonObject { ["room_id"] = "team:red" })).ErrorCode);
    }

    [Fact]
    public async Task Publish_NotAMember_NotInRoom()
    {
        await using var client = await Causeway.ConnectAsync(Bearer(Tokens.For("outsider")));

        Assert.Equal("NOT_IN_ROOM", (await client.RequestAsync("chat", room: RoomNames.Next())).ErrorCode);
    }

    [Fact]
    public async Task Publish_NamespaceOfTheServer_Forbidden()
    {
        var room = RoomNames.Next("server");
        await using var client = await Causeway.ConnectAsync(Bearer(Tokens.For("listener")));
        await client.JoinAsync(room);

        Assert.Equal("FORBIDDEN", (await client.RequestAsync("chat", room: room)).ErrorCode);
    }

    [Fact]
    public async Task Publish_Identified_NamesTheSender()
    {
        var room = RoomNames.Next();
        await using var client = await Causeway.ConnectAsync(Bearer(Tokens.For("sender")));
        await client.JoinAsync(room);

        await client.PublishAsync(room, []);
        var from = (await client.NextAsync("chat")).Json.GetProperty("from");

        Assert.Equal("sender", from.GetProperty("user_id").GetString());
        Assert.Equal("sender the user", from.GetProperty("name").GetString());
        Assert.Equal(client.ConnectionId, from.GetProperty("connection_id").GetString());
    }

    [Fact]
    public async Task Presence_SecondDeviceAndQuickReturn_TellNobody()
    {
        var room = RoomNames.Next();
        await using var watcher = await Causeway.ConnectAsync(Bearer(Tokens.For("watcher")));
        await watcher.JoinAsync(room);

        var phone = await Causeway.ConnectAsync(Bearer(Tokens.For("walker")));
        await phone.JoinAsync(room);
        var joined = await watcher.NextAsync();
        Assert.Equal("user_joined", joined.Type);
        Assert.Equal("walker", joined.Payload.GetProperty("user_id").GetString());
        Assert.Null(joined.Offset);

        await using var laptop = await Causeway.ConnectAsync(Bearer(Tokens.For("walker")));
        await laptop.JoinAsync(room);
        await phone.CloseAsync();
        await phone.DisposeAsync();
        await laptop.PublishAsync(room, [], "marker");
        Assert.Equal("marker", (await watcher.NextAsync()).Type);

        var members = (await watcher.RequestAsync("presence", new JsonObject { ["room_id"] = room })).Payload.GetProperty("members");
        var walker = members.EnumerateArray().Single(static m => m.GetProperty("user_id").GetString() == "walker");
        Assert.Equal(1, walker.GetProperty("devices").GetInt32());

        // The last device leaves for good: told once, after the grace period.
        await laptop.LeaveAsync(room);
        var left = await watcher.NextAsync();
        Assert.Equal("user_left", left.Type);
        Assert.Equal("walker", left.Payload.GetProperty("user_id").GetString());
    }

    [Fact]
    public async Task SendToUser_TwoDevices_ReachesBoth()
    {
        await using var one = await Causeway.ConnectAsync(Bearer(Tokens.For("twin")));
        await using var two = await Causeway.ConnectAsync(Bearer(Tokens.For("twin")));

        var answer = await Causeway.PostAsync(
            "/api/v1/users/twin/messages", """{"type":"mail","payload":{"n":1}}""", ("Authorization", $"Bearer {Causeway.AdminToken}"));

        Assert.Equal(201, answer.Status);
        Assert.Equal(2, answer.Json.GetProperty("connections").GetInt32());
        Assert.Equal("mail", (await one.NextAsync()).Type);
        Assert.Equal("mail", (await two.NextAsync()).Type);
    }

    [Fact]
    public async Task Expiry_TokenRunsOut_TellsAndClosesWith4001()
    {
        await using var client = await Causeway.ConnectAsync(Bearer(Tokens.For("short-lived", TimeSpan.FromSeconds(6))));

        var warning = await client.NextAsync();

        Assert.Equal("token_expiring", warning.Type);
        Assert.InRange(warning.Payload.GetProperty("expires_in_seconds").GetInt32(), 0, 6);
        Assert.Equal(4001, (await client.Closed.Within()).Code);
    }

    [Fact]
    public async Task RefreshToken_BeforeTheEnd_KeepsTheConnection()
    {
        await using var client = await Causeway.ConnectAsync(Bearer(Tokens.For("refresher", TimeSpan.FromSeconds(3))));
        await client.NextAsync("token_expiring");

        var other = await client.RequestAsync("refresh_token", new JsonObject { ["access_token"] = Tokens.For("somebody-else") });
        var own = await client.RequestAsync("refresh_token", new JsonObject { ["access_token"] = Tokens.For("refresher", TimeSpan.FromHours(1)) });

        Assert.Equal("FORBIDDEN", other.ErrorCode);
        Assert.Equal("ack", own.Type);

        // The first token's end passes; the server's own clock, on its pages, tells when.
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(4);
        await Eventually.True(() => TimeProvider.System.GetUtcNow() > until);
        Assert.Equal("pong", (await client.RequestAsync("ping")).Type);
    }

    private static RawHandshake Bearer(string token) => new() { Headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" } };
}
