using System.Text.Json.Nodes;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Causeway.Server.Tests.Telemetry;

/// <summary>E4, E6: whatever way a credential takes, none is in the log, also where everything is logged.</summary>
// Who traces in this process has what others do traced too: one after the other.
[Collection("traces")]
public sealed class NoSecretInTheLogTests
{
    [Fact]
    public async Task Log_AtTrace_HasNoCredentialOfAnyWay()
    {
        var dead = FreePort.Next();
        var secrets = new Dictionary<string, string>
        {
            ["bearer"] = "s3cret-of-the-header",
            ["basic"] = "czNjcmV0LW9mLWJhc2lj",
            ["protocol"] = "s3cret.of.the.subprotocol",
            ["query"] = "s3cret-of-the-query",
            ["cookie"] = "s3cret-of-the-cookie",
            ["key"] = "cwk_abc_s3cretOfTheKey",
            ["socket"] = "s3cret-of-the-message",
            ["headers"] = "s3cret-of-the-collector",
        };
        await using var server = await RunningServer.StartAsync($$"""
            {
              "Auth": { "AllowQueryToken": true },
              "Telemetry": { "LogLevel": "trace", "Otlp": "http://127.0.0.1:{{dead}}", "OtlpHeaders": "Authorization={{secrets["headers"]}}", "MetricsSeconds": 1 },
              "Relay": { "Routes": [{ "Path": "/app/{**rest}", "Backend": "app", "Access": "anyone" }], "Backends": { "app": { "Urls": ["http://127.0.0.1:{{dead}}"] } } }
            }
            """, static builder => builder.Logging.SetMinimumLevel(LogLevel.Trace), "--Auth:Mode=required");
        secrets["admin token"] = server.AdminToken;
        secrets["user token"] = server.TokenFor("ada", null, "join:*", "publish:*");
        var expired = secrets["user token"][..^4] + "AAAA";
        secrets["forged token"] = expired;

        // Headers: good and bad, on the API, on what is relayed, and on what is not there.
        foreach (var path in new[] { "/api/v1/overview", "/api/v1/rooms/a/messages", "/app/x", "/nothing", "/metrics", "/_console/", "/ready" })
        {
            foreach (var value in new[] { $"Bearer {secrets["bearer"]}", $"Basic {secrets["basic"]}", $"Bearer {server.AdminToken}", $"Bearer {secrets["user token"]}", $"Bearer {expired}", $"ApiKey {secrets["key"]}" })
            {
                await server.GetAsync(path, null, ("Authorization", value), ("Cookie", $"causeway_session={secrets["cookie"]}"), ("X-Api-Key", secrets["key"]));
            }
        }

        // The address: of live requests, and of those that take none.
        foreach (var path in new[] { "/sse?room=a&access_token=", "/ws?preflight=1&access_token=", "/api/v1/overview?access_token=", "/app/x?access_token=", "/nothing?access_token=" })
        {
            foreach (var token in new[] { secrets["query"], expired })
            {
                await server.GetAsync(path + token);
            }
        }

        // A page's link: the part behind # never leaves a browser, but somebody may paste it as a query.
        await server.GetAsync($"/?t={server.AdminToken}");

        // WebSockets: the second subprotocol, the header, and a token within a message.
        await RawWebSocket.TryUpgradeAsync(Ws(server, "/ws"), new RawHandshake { Protocols = ["causeway.v1", "bearer." + secrets["protocol"]] });
        await RawWebSocket.TryUpgradeAsync(Ws(server, "/ws?access_token=" + secrets["query"]));
        await RawWebSocket.TryUpgradeAsync(Ws(server, "/app/ws"), new RawHandshake { Protocols = ["causeway.v1", "bearer." + secrets["user token"]] });
        using (var good = await RawWebSocket.ConnectAsync(Ws(server, "/ws"), new RawHandshake { Protocols = ["causeway.v1", "bearer." + secrets["user token"]] }))
        {
            await good.ReadTextAsync();
        }

        await using (var client = await server.ConnectAsync(secrets["user token"]))
        {
            await client.RequestAsync("refresh_token", new JsonObject { ["access_token"] = secrets["socket"] });
            await client.RequestAsync("refresh_token", new JsonObject { ["access_token"] = expired });
            await client.RequestAsync("refresh_token", new JsonObject { ["access_token"] = secrets["user token"] });
            await client.RequestAsync("refresh_token", new JsonObject { ["access_token"] = 5, ["also"] = secrets["socket"] });
        }

        // Bodies that can't be read.
        await server.PostAsync("/api/v1/rooms/a/messages", $$"""{"type":"x","payload":{"password":"{{secrets["socket"]}}"}""", server.AdminToken);
        await server.PostAsync("/api/v1/rooms/a/messages", $$"""{"type":"x","{{secrets["socket"]}}":1}""", server.AdminToken);
        await server.Logs.WaitFor("ExportFails");

        var events = server.Logs.Events;
        Assert.Contains(events, static e => e.Level <= LogLevel.Debug && e.Category.StartsWith("Causeway.", StringComparison.Ordinal));
        foreach (var (way, secret) in secrets)
        {
            var told = events.Where(e => Everything(e).Contains(secret, StringComparison.Ordinal)).ToList();
            Assert.True(told.Count == 0, $"The secret of the way '{way}' is in the log: {string.Join(Environment.NewLine, told)}");
        }
    }

    private static string Everything(LogEvent e) => string.Join(
        '\n', [e.ToString(), .. e.Properties.Select(static pair => pair.Value?.ToString() ?? ""), .. e.Scopes, e.Exception?.ToString() ?? ""]);

    private static Uri Ws(RunningServer server, string path) => new UriBuilder(new Uri(server.Address, path)) { Scheme = "ws" }.Uri;
}
