using System.Text.Json.Nodes;
using Causeway.Hosting;
using Causeway.Server.Tests.Rooms;
using Causeway.Testing;
using Microsoft.AspNetCore.Http;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11: a backend is asked who connects, joins and publishes; where it does not answer, nobody is let through.</summary>
public sealed class CallOutTests
{
    [Fact]
    public async Task Connect_BackendDecides_LetsInWithMorePermissionsOrRefusesBeforeTheUpgrade()
    {
        await using var backend = await Receiver.StartAsync();
        await using var server = await StartAsync(backend, """ "Connect": { "Url": "URL", "Secret": "a-shared-secret-of-ours" } """, """ "default": { "Join": "permission" } """);
        backend.Answer = context => context.Response.WriteAsync(
            backend.All[^1].Json.GetProperty("identity").GetProperty("user_id").GetString() == "ada"
                ? """{"allow":true,"permissions":["join:secret"]}"""
                : """{"allow":false,"code":"RATE_LIMITED","message":"Come later."}""");

        await using var ada = await server.ConnectAsync(server.TokenFor("ada"));
        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "secret")).Type);
        Assert.Equal("FORBIDDEN", (await ada.RequestAsync("join_room", null, "other")).ErrorCode);
        var refused = (await server.GetAsync("/ws?preflight=1", server.TokenFor("eve"))).AssertError(429, "RATE_LIMITED");
        Assert.NotEqual(default, refused);

        Assert.Equal(("connect", "ada", "websocket"), (
            backend.All[0].Json.GetProperty("type").GetString(), backend.All[0].Json.GetProperty("identity").GetProperty("user_id").GetString(), backend.All[0].Json.GetProperty("transport").GetString()));
        Assert.StartsWith("t=", backend.All[0].Headers["Causeway-Signature"], StringComparison.Ordinal);
        Assert.Equal("ack", (await ada.RequestAsync("refresh_token", new JsonObject { ["access_token"] = server.TokenFor("ada") })).Type);
        Assert.True(backend.All[^1].Json.GetProperty("renewal").GetBoolean());
    }

    [Fact]
    public async Task Join_OfANamespace_IsAskedForAfterTheRulesAndKept()
    {
        await using var backend = await Receiver.StartAsync();
        await using var server = await StartAsync(
            backend, """ "Namespaces": { "orders": { "Join": { "Url": "URL", "CacheSeconds": 60 } }, "closed": { "Join": { "Url": "URL" } } } """, """ "closed": { "Join": "permission" } """);
        backend.Answer = context => context.Response.WriteAsync(
            backend.All[^1].Json.GetProperty("room_id").GetString() == "orders:1" ? """{"allow":true}""" : """{"allow":false,"message":"Not yours."}""");
        await using var ada = await server.ConnectAsync(server.TokenFor("ada"));

        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "orders:1")).Type);
        var refused = await ada.RequestAsync("join_room", null, "orders:2");
        Assert.Equal(("FORBIDDEN", "Not yours."), (refused.ErrorCode, refused.Payload.GetProperty("message").GetString()));
        Assert.Equal("FORBIDDEN", (await ada.RequestAsync("presence", null, "orders:2")).ErrorCode);
        Assert.Equal("FORBIDDEN", (await ada.RequestAsync("join_room", null, "closed:1")).ErrorCode);
        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "lobby")).Type);
        Assert.Equal(["orders:1", "orders:2"], backend.All.Select(static one => one.Json.GetProperty("room_id").GetString()));

        await ada.RequestAsync("leave_room", null, "orders:1");
        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "orders:1")).Type);
        (await server.GetAsync("/api/v1/rooms/orders:2/messages", server.TokenFor("ada"))).AssertError(403, "FORBIDDEN");
        using var stream = await server.StreamAsync("orders:1", server.TokenFor("ada"));
        await stream.ReadAsync("connected");
        Assert.Equal(2, backend.All.Count);
    }

    [Fact]
    public async Task Publish_BackendLooksAtTheMessage_OverSocketsAndHttpAlike()
    {
        await using var backend = await Receiver.StartAsync();
        await using var server = await StartAsync(backend, """ "Publish": { "Url": "URL" } """);
        backend.Answer = context => context.Response.WriteAsync(
            backend.All[^1].Json.GetProperty("message").GetProperty("payload").TryGetProperty("rude", out _) ? """{"allow":false,"code":"VALIDATION_ERROR","message":"Be kind."}""" : """{"allow":true}""");
        var token = server.TokenFor("ada", null, "publish:*");
        await using var ada = await server.ConnectAsync(token);
        await ada.JoinAsync("a");

        Assert.Equal("ack", (await ada.RequestAsync("chat", new JsonObject { ["text"] = "hello" }, "a")).Type);
        Assert.Equal("VALIDATION_ERROR", (await ada.RequestAsync("chat", new JsonObject { ["rude"] = true }, "a")).ErrorCode);
        (await server.PostAsync("/api/v1/rooms/a/messages", """{"type":"chat","payload":{"rude":1}}""", token)).AssertError(422, "VALIDATION_ERROR");
        var batch = (await server.PostAsync("/api/v1/publish", """{"messages":[{"room_id":"a","type":"chat","payload":{"rude":1}},{"room_id":"a","type":"chat"}]}""", token)).AssertStatus(200).GetProperty("results");
        Assert.Equal("VALIDATION_ERROR", batch[0].GetProperty("error").GetProperty("code").GetString());
        Assert.True(batch[1].TryGetProperty("id", out _));
        var asked = backend.All.Count;
        (await server.PostAsync("/api/v1/rooms/a/messages", """{"type":"chat","payload":{"rude":1}}""", server.AdminToken)).AssertStatus(201);
        await ada.RequestAsync("typing", new JsonObject { ["is_typing"] = true }, "a");
        Assert.Equal(asked, backend.All.Count);
    }

    [Fact]
    public async Task Publish_NestedAsDeepAsAMessageMayBe_IsAskedAboutAsItIs()
    {
        await using var backend = await Receiver.StartAsync();
        await using var server = await StartAsync(backend, """ "Publish": { "Url": "URL" } """);
        backend.Answer = static context => context.Response.WriteAsync("""{"allow":true}""");
        var payload = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "1" + new string('}', 63);

        (await server.PostAsync("/api/v1/rooms/a/messages", $"{{\"type\":\"chat\",\"payload\":{payload}}}", server.TokenFor("ada", null, "publish:*"))).AssertStatus(201);

        Assert.Contains(payload, System.Text.Encoding.UTF8.GetString(Assert.Single(backend.All).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backend_DeadSlowOrWrong_NobodyIsLetThroughAndNobodyElseWaits()
    {
        await using var backend = await Receiver.StartAsync();
        await using var server = await StartAsync(backend, """ "Namespaces": { "orders": { "Join": { "Url": "URL", "TimeoutSeconds": 1 } }, "lenient": { "Join": { "Url": "URL", "WhenDown": "allow" } } } """);
        var ends = new TaskCompletionSource();
        backend.Answer = _ => ends.Task;
        await using var ada = await server.ConnectAsync(server.TokenFor("ada"));
        await using var bob = await server.ConnectAsync(server.TokenFor("bob"));

        var waiting = ada.RequestAsync("join_room", null, "orders:1");
        await backend.WaitAsync(1);
        Assert.Equal("ack", (await bob.RequestAsync("join_room", null, "lobby")).Type);
        Assert.False(waiting.IsCompleted);
        Assert.Equal("UNAVAILABLE", (await waiting).ErrorCode);
        ends.SetResult();
        foreach (var answer in new[] { "", "[]", """{"allow":"yes"}""", "{", """{"allow":true""" })
        {
            backend.Answer = context => context.Response.WriteAsync(answer);
            Assert.Equal("UNAVAILABLE", (await ada.RequestAsync("join_room", null, "orders:1")).ErrorCode);
        }

        // Nothing but failures: it is left alone for a moment, and asked again after it.
        await Eventually.True(async () =>
        {
            var asked = backend.All.Count;
            Assert.Equal("UNAVAILABLE", (await ada.RequestAsync("join_room", null, "orders:1")).ErrorCode);
            return backend.All.Count == asked;
        }, what: "it is not asked");
        backend.Answer = static context => context.Response.WriteAsync("""{"allow":true}""");
        await Eventually.True(async () => (await server.GetAsync("/api/v1/rooms/orders:1/messages", server.TokenFor("ada"))).Status != 503);
        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "orders:1")).Type);

        backend.Answer = static context => Task.FromResult(context.Response.StatusCode = 500);
        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "lenient:1")).Type);
        Assert.Single(server.Logs.Named("CallOutAnswers"));
        Assert.Contains("""causeway_call_outs_questions_total{kind="join",outcome="not_asked"}""", (await server.GetAsync("/metrics", server.AdminToken)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backend_BreaksTheConnectionOnce_IsAskedOnceMore()
    {
        await using var backend = await Receiver.StartAsync();
        await using var server = await StartAsync(backend, """ "Join": { "Url": "URL" } """);
        var broken = 0;
        backend.Answer = context =>
        {
            if (Interlocked.Increment(ref broken) == 1)
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync("""{"allow":true}""");
        };
        await using var ada = await server.ConnectAsync(server.TokenFor("ada"));

        Assert.Equal("ack", (await ada.RequestAsync("join_room", null, "orders:1")).Type);

        Assert.Equal(2, backend.All.Count);
        Assert.Empty(server.Logs.Named("CallOutFails"));
    }

    [Theory]
    [InlineData("""{ "CallOuts": { "Join": { "Url": "http://127.0.0.1:9/" } } }""", "CallOuts:Join:Url")]
    [InlineData("""{ "CallOuts": { "Namespaces": { "a": { "Publish": { "Url": "http://[::1]/" } } } } }""", "CallOuts:Namespaces:a:Publish:Url")]
    [InlineData("""{ "CallOuts": { "Connect": { "Url": "ftp://example.com" } } }""", "CallOuts:Connect:Url")]
    [InlineData("""{ "CallOuts": { "Connect": { "Url": "https://example.com", "TimeoutSeconds": 30 } } }""", "CallOuts:Connect:TimeoutSeconds")]
    [InlineData("""{ "CallOuts": { "Connect": { "Url": "https://example.com", "Secret": "short" } } }""", "CallOuts:Connect:Secret")]
    [InlineData("""{ "CallOuts": { "Connect": { "CacheSeconds": 1 } } }""", "CallOuts:Connect:Url")]
    public void Settings_Wrong_AreRefusedByTheirKey(string json, string key)
    {
        using var directory = new TempDirectory();
        directory.Write("causeway.json", json);

        Assert.Equal(key, Assert.Single(Assert.Throws<ConfigurationException>(() => ServerSettings.Load([], RunningServer.Look(directory.Path))).Problems).Key);
    }

    private static Task<RunningServer> StartAsync(Receiver backend, string callOuts, string namespaces = "") => RunningServer.StartAsync(
        $$"""
        {
          "Auth": { "Mode": "required" }, "RateLimits": { "Enabled": false },
          "Realtime": { "Namespaces": { {{(namespaces.Contains("\"default\"", StringComparison.Ordinal) ? "" : "\"default\": { \"Join\": \"anyone\" }" + (namespaces.Length > 0 ? "," : ""))}} {{namespaces}} } },
          "CallOuts": { "AllowPrivateNetworks": true, {{callOuts.Replace("URL", backend.Url, StringComparison.Ordinal)}} }
        }
        """);
}
