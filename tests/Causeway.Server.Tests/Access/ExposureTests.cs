using System.Net;
using Causeway.Testing;

namespace Causeway.Server.Tests.Access;

/// <summary>E4: frictionless on the local machine, closed from outside.</summary>
public sealed class ExposureTests
{
    private const string OnlyByPermission =
        """{ "Auth": { "Mode": "required" }, "Realtime": { "Namespaces": { "default": { "Join": "permission", "Publish": "server" } } } }""";

    private static readonly string[] Protected =
        ["/api/v1/overview", "/api/v1/config", "/api/v1/loops", "/api/v1/connections", "/api/v1/rooms/a/messages", "/api/v1/rooms/a/members", "/metrics"];

    private static readonly string[] Live = ["/ws?preflight=1", "/sse?room=a"];

    private static readonly string[] Open = ["/health", "/ready", "/", "/docs", "/openapi/v1.json"];

    [Fact]
    public async Task Get_LocalWithoutCredential_IsAdmin()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PostAsync("/api/v1/rooms", """{"room_id":"a"}""");

        foreach (var path in Protected)
        {
            Assert.Equal(200, (await server.GetAsync(path)).Status);
        }

        Assert.Equal(200, (await server.GetAsync("/ws?preflight=1")).Status);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "10.0.0.1")]
    public async Task Get_LocalThroughAProxy_NeedsACredential(string header, string value)
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var path in (string[])[.. Protected, .. Live])
        {
            (await server.GetAsync(path, null, (header, value))).AssertError(401, "UNAUTHORIZED");
        }

        Assert.Equal(200, (await server.GetAsync("/api/v1/overview", server.AdminToken, (header, value))).Status);
    }

    [Theory]
    [InlineData("""{ "Auth": { "Mode": "required" } }""")]
    [InlineData("""{ "Server": { "PublicUrl": "https://live.example" } }""")]
    [InlineData("""{ "Server": { "TrustedProxies": ["10.0.0.0/8"] } }""")]
    [InlineData("""{ "Server": { "Urls": "http://0.0.0.0:0" } }""")]
    public async Task Get_Exposed_NeedsACredentialEverywhereButWhereAllMayLook(string configuration)
    {
        await using var server = await RunningServer.StartAsync(configuration);

        foreach (var path in (string[])[.. Protected, .. Live])
        {
            var answer = await server.GetAsync(path);
            answer.AssertError(401, "UNAUTHORIZED");
            Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
        }

        foreach (var path in Open)
        {
            Assert.Equal(200, (await server.GetAsync(path)).Status);
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    [InlineData("")]
    public async Task Get_LocalWithAnInvalidCredential_IsNotTakenForLocal(string token)
    {
        await using var server = await RunningServer.StartAsync();

        foreach (var path in (string[])[.. Protected, .. Live])
        {
            (await server.GetAsync(path, null, ("Authorization", "Bearer " + token))).AssertError(401, "UNAUTHORIZED");
        }
    }

    [Fact]
    public async Task Get_AdminTokenOrAdminRole_OpensEverything()
    {
        await using var server = await RunningServer.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        await server.PostAsync("/api/v1/rooms", """{"room_id":"a"}""", server.AdminToken);

        foreach (var token in (string[])[server.AdminToken, server.TokenFor("root", ["admin"])])
        {
            foreach (var path in Protected)
            {
                Assert.Equal(200, (await server.GetAsync(path, token)).Status);
            }
        }

        server.Logs.AssertQuiet(Microsoft.Extensions.Logging.LogLevel.Error);
        Assert.DoesNotContain(server.Logs.Events, entry => entry.ToString().Contains(server.AdminToken, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_UserToken_IsKnownButMayNot()
    {
        await using var server = await RunningServer.StartAsync(OnlyByPermission);
        var token = server.TokenFor("ada", ["editor"], "join:other", "publish:a");

        foreach (var path in Protected)
        {
            (await server.GetAsync(path, token)).AssertError(403, "FORBIDDEN");
        }

        (await server.PostAsync("/api/v1/rooms", """{"room_id":"a"}""", token)).AssertError(403, "FORBIDDEN");
        (await server.PostAsync("/api/v1/broadcast", """{"type":"t"}""", token)).AssertError(403, "FORBIDDEN");
        (await server.PostAsync("/api/v1/users/ada/messages", """{"type":"t"}""", token)).AssertError(403, "FORBIDDEN");
        (await server.PostAsync("/api/v1/connections/x/messages", """{"type":"t"}""", token)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Get_JoinPermission_ReadsThatRoomOnly()
    {
        await using var server = await RunningServer.StartAsync(OnlyByPermission);
        var token = server.TokenFor("ada", null, "join:team:*");
        await server.PostAsync("/api/v1/rooms/team:red/messages", """{"type":"t"}""", server.AdminToken);

        Assert.Equal(200, (await server.GetAsync("/api/v1/rooms/team:red/messages", token)).Status);
        Assert.Equal(200, (await server.GetAsync("/api/v1/rooms/team:red/members", token)).Status);
        Assert.Equal(200, (await server.GetAsync("/api/v1/rooms/team:red", token)).Status);
        (await server.GetAsync("/api/v1/rooms/other/messages", token)).AssertError(403, "FORBIDDEN");
        (await server.PostAsync("/api/v1/rooms/team:red/messages", """{"type":"t"}""", token)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Post_PublishPermission_PublishesThereUnderItsName()
    {
        await using var server = await RunningServer.StartAsync(OnlyByPermission);
        var token = server.TokenFor("ada", null, "publish:team:*");

        (await server.PostAsync("/api/v1/rooms/team:red/messages", """{"type":"t"}""", token)).AssertStatus(201);
        (await server.PostAsync("/api/v1/rooms/other/messages", """{"type":"t"}""", token)).AssertError(403, "FORBIDDEN");
        var results = (await server.PostAsync(
            "/api/v1/publish",
            """{"messages":[{"room_id":"team:red","type":"t"},{"room_id":"other","type":"t"},{"user_id":"bob","type":"t"}]}""",
            token)).AssertStatus(200).GetProperty("results");
        var history = (await server.GetAsync("/api/v1/rooms/team:red/messages", server.AdminToken)).Json.GetProperty("items");

        Assert.Equal(2, results[0].GetProperty("offset").GetInt64());
        Assert.Equal("FORBIDDEN", results[1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("FORBIDDEN", results[2].GetProperty("error").GetProperty("code").GetString());
        Assert.All(history.EnumerateArray(), static message => Assert.Equal("ada", message.GetProperty("from").GetProperty("user_id").GetString()));
    }

    [Theory]
    [InlineData(false, 401)]
    [InlineData(true, 200)]
    public async Task Get_TokenInTheAddress_OnlyWhereAllowedAndOnlyForLiveRequests(bool isAllowed, int expected)
    {
        await using var server = await RunningServer.StartAsync(
            $$"""{ "Auth": { "Mode": "required", "AllowQueryToken": {{(isAllowed ? "true" : "false")}} } }""");
        var token = server.TokenFor("ada");

        Assert.Equal(expected, (await server.GetAsync("/ws?preflight=1&access_token=" + token)).Status);
        (await server.GetAsync("/api/v1/overview?access_token=" + server.AdminToken)).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Connect_UserToken_IsTheUser()
    {
        await using var server = await RunningServer.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        await using var client = await server.ConnectAsync(server.TokenFor("ada"));

        var connection = (await server.GetAsync("/api/v1/connections/" + client.ConnectionId, server.AdminToken)).AssertStatus(200);

        Assert.Equal("ada", connection.GetProperty("user_id").GetString());
        Assert.Equal("ada the user", connection.GetProperty("name").GetString());
        Assert.Equal("websocket", connection.GetProperty("transport").GetString());
    }

    [Fact]
    public async Task Connect_AdminToken_JoinsAnywhere()
    {
        await using var server = await RunningServer.StartAsync(
            """{ "Auth": { "Mode": "required" }, "Realtime": { "Namespaces": { "gated": { "Join": "permission" } } } }""");
        await using var client = await server.ConnectAsync(server.AdminToken);

        await client.JoinAsync("gated:a");

        Assert.Equal(System.Text.Json.JsonValueKind.Null, client.Connected.Payload.GetProperty("user_id").ValueKind);
    }

    [Fact]
    public async Task Get_TrustedProxyTellsTheAddress_TheConnectionHasIt()
    {
        await using var server = await RunningServer.StartAsync("""{ "Server": { "TrustedProxies": ["127.0.0.1"] } }""");
        await using var client = await LiveClient.ConnectAsync(server.Address, new RawHandshake
        {
            Headers = new Dictionary<string, string> { ["Authorization"] = "Bearer " + server.AdminToken, ["X-Forwarded-For"] = "203.0.113.9" },
        });

        var connection = (await server.GetAsync("/api/v1/connections/" + client.ConnectionId, server.AdminToken)).AssertStatus(200);

        Assert.Equal("203.0.113.9", connection.GetProperty("remote_address").GetString());
    }

    [Fact]
    public async Task Get_UntrustedPeerTellsAnAddress_NotBelieved()
    {
        await using var server = await RunningServer.StartAsync("""{ "Server": { "TrustedProxies": ["10.1.2.3"] } }""");
        await using var client = await LiveClient.ConnectAsync(server.Address, new RawHandshake
        {
            Headers = new Dictionary<string, string> { ["Authorization"] = "Bearer " + server.AdminToken, ["X-Forwarded-For"] = "203.0.113.9" },
        });

        var connection = (await server.GetAsync("/api/v1/connections/" + client.ConnectionId, server.AdminToken)).AssertStatus(200);

        Assert.Equal(IPAddress.Loopback, IPAddress.Parse(connection.GetProperty("remote_address").GetString()!).MapToIPv4());
    }
}
