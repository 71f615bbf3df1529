using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Causeway.Data;
using Causeway.Server.Tests.Rooms;
using Causeway.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11: webhooks over HTTP, what they send, and what becomes of it.</summary>
public sealed class WebhookTests
{
    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Webhook_CreatedChangedAndDeleted_IsWhatWasAskedAndLeavesATrace(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, WebhookCalls.Configuration);
        var server = await nodes.StartAsync();
        var created = await server.CreateWebhookAsync("https://example.com/hook?token=s3cret", ["user.*", "room.joined"], ["orders:*", "lobby"]);
        var (id, secret) = (created.Id(), created.GetProperty("secret").GetString()!);
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);

        var shown = await server.GetAsync($"/api/v1/webhooks/{id}", server.AdminToken);
        var webhook = shown.AssertStatus(200);
        Assert.DoesNotContain(secret, shown.Text, StringComparison.Ordinal);
        Assert.False(webhook.TryGetProperty("secret", out _));
        Assert.Equal(("https://example.com/hook?token=s3cret", "closed", true), (
            webhook.GetProperty("url").GetString(), webhook.GetProperty("circuit").GetProperty("state").GetString(), webhook.GetProperty("active").GetBoolean()));
        Assert.Equal(["orders:*", "lobby"], webhook.GetProperty("rooms").EnumerateArray().Select(static room => room.GetString()));

        var tag = shown.Header("ETag")!;
        (await server.SendAsync(HttpMethod.Patch, $"/api/v1/webhooks/{id}", """{"active":false}""", server.AdminToken, ("If-Match", "\"99\""))).AssertError(412, "PRECONDITION_FAILED");
        var changed = (await server.SendAsync(HttpMethod.Patch, $"/api/v1/webhooks/{id}", """{"active":false,"rooms":null,"description":"old"}""", server.AdminToken, ("If-Match", tag))).AssertStatus(200);
        Assert.Equal((false, JsonValueKind.Null, "old"), (changed.GetProperty("active").GetBoolean(), changed.GetProperty("rooms").ValueKind, changed.GetProperty("description").GetString()));
        Assert.Single((await server.GetAsync("/api/v1/webhooks?active=false&url.contains=example", server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray());
        Assert.Empty((await server.GetAsync("/api/v1/webhooks?active=true", server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray());

        (await server.SendAsync(HttpMethod.Delete, $"/api/v1/webhooks/{id}", null, server.AdminToken)).AssertStatus(204);
        (await server.GetAsync($"/api/v1/webhooks/{id}", server.AdminToken)).AssertError(404, "NOT_FOUND");
        var audit = await server.GetAsync("/api/v1/audit?action.prefix=webhook.", server.AdminToken);
        Assert.Equal(["webhook.create", "webhook.delete", "webhook.update"], audit.AssertStatus(200).GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("action").GetString()!).Order());
        Assert.DoesNotContain("s3cret", audit.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Delivery_EndpointFailsThenAnswers_IsTriedAgainAndSignedSoThatOthersCanTell(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var nodes = await RoomNodes.CreateAsync(provider, WebhookCalls.Configuration);
        var server = await nodes.StartAsync();
        var created = await server.CreateWebhookAsync(receiver.Url, ["user.*"]);
        receiver.Answer = async context =>
        {
            context.Response.StatusCode = receiver.All.Count == 1 ? 500 : 200;
            await context.Response.WriteAsync("thanks\u0007");
        };

        var delivery = await server.TestWebhookAsync(created.Id());
        var failed = await server.UntilAsync(created.Id(), delivery, "pending", attempts: 1);
        Assert.Equal("It answered 500.", failed.GetProperty("delivery").GetProperty("error").GetString());
        await server.RetryNowAsync(created.Id(), delivery);
        var done = await server.UntilAsync(created.Id(), delivery, "succeeded", attempts: 2);

        Assert.Equal([500, 200], done.GetProperty("tries").EnumerateArray().Select(static attempt => attempt.GetProperty("status").GetInt32()));
        Assert.Equal("thanks ", done.GetProperty("tries")[1].GetProperty("answer").GetString());
        var sent = await receiver.WaitAsync(2);
        Assert.Equal(sent[0].Body, sent[1].Body);
        Assert.Equal(("webhook.test", delivery), (sent[0].Type, sent[0].Headers["Causeway-Delivery"]));
        Assert.Equal(["id", "type", "time", "sequence", "data"], sent[0].Json.EnumerateObject().Select(static field => field.Name));
        Assert.Equal(created.Id(), sent[0].Data.GetProperty("webhook_id").GetString());
        Assert.All(sent, one => Assert.Equal(1, Signatures(one, created.GetProperty("secret").GetString()!).Matching));
        Assert.All(sent, static one => Assert.Contains("causeway", one.Headers["Via"], StringComparison.Ordinal));

        var list = (await server.GetAsync($"/api/v1/webhooks/{created.Id()}/deliveries?state=succeeded&event_type=webhook.test", server.AdminToken)).AssertStatus(200);
        Assert.Equal(delivery, Assert.Single(list.GetProperty("items").EnumerateArray()).Id());
        (await server.GetAsync("/api/v1/webhooks/none/deliveries", server.AdminToken)).AssertError(404, "NOT_FOUND");
        (await server.GetAsync($"/api/v1/webhooks/{created.Id()}/deliveries/none", server.AdminToken)).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public async Task RotateSecret_WithinTheOverlap_BothSignAndAfterwardsOnlyTheNewOne()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        var created = await server.CreateWebhookAsync(receiver.Url, ["user.*"]);
        var first = created.GetProperty("secret").GetString()!;
        (await server.PostAsync($"/api/v1/webhooks/{created.Id()}/rotate-secret", """{"overlap_hours":999}""")).AssertError(422, "VALIDATION_ERROR");

        var rotated = (await server.PostAsync($"/api/v1/webhooks/{created.Id()}/rotate-secret", "")).AssertStatus(200);
        var second = rotated.GetProperty("secret").GetString()!;
        Assert.Equal(2, rotated.GetProperty("secrets").GetArrayLength());
        await server.TestWebhookAsync(created.Id());
        var both = (await receiver.WaitAsync(1))[0];
        Assert.Equal((1, 2), (Signatures(both, first).Matching, Signatures(both, first).All));
        Assert.Equal(1, Signatures(both, second).Matching);

        var third = (await server.PostAsync($"/api/v1/webhooks/{created.Id()}/rotate-secret", """{"overlap_hours":0}""")).AssertStatus(200).GetProperty("secret").GetString()!;
        await server.TestWebhookAsync(created.Id());
        var last = (await receiver.WaitAsync(2))[1];
        Assert.Equal((0, 0, 1, 1), (Signatures(last, first).Matching, Signatures(last, second).Matching, Signatures(last, third).Matching, Signatures(last, third).All));
    }

    [Fact]
    public async Task Delivery_EndpointIsDeadSlowOrRude_FailsWithAReasonAndHoldsNobodyUp()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        var ends = new TaskCompletionSource();
        receiver.Answer = async context =>
        {
            switch (context.Request.Path.Value)
            {
                case "/slow":
                    await ends.Task;
                    break;
                case "/elsewhere":
                    context.Response.Redirect("/hook");
                    break;
                case "/endless":
                    await context.Response.WriteAsync("it goes on");
                    await context.Response.Body.FlushAsync();
                    await ends.Task;
                    break;
                case "/gone":
                    context.Response.StatusCode = 410;
                    break;
            }
        };

        try
        {
            foreach (var (path, state, status, error) in new (string, string, int?, string?)[]
            {
                ("/slow", "pending", null, "It did not answer within 1 s."),
                ("/elsewhere", "pending", 302, "It answered 302: redirects are not followed."),
                ("/endless", "succeeded", 200, null),
                ("/gone", "failed", 410, "It answered 410."),
            })
            {
                var id = (await server.CreateWebhookAsync(new Uri(new Uri(receiver.Url), path).ToString(), ["user.*"])).Id();
                var shown = await server.UntilAsync(id, await server.TestWebhookAsync(id), state, attempts: 1);
                var attempt = shown.GetProperty("tries")[0];
                Assert.Equal((error, status), (attempt.GetProperty("error").GetString(), attempt.GetProperty("status") is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null));
            }

            var dead = (await server.CreateWebhookAsync($"http://127.0.0.1:{FreePort.Next()}/", ["user.*"])).Id();
            var refused = await server.UntilAsync(dead, await server.TestWebhookAsync(dead), "pending", attempts: 1);
            Assert.Equal("It refused the connection.", refused.GetProperty("tries")[0].GetProperty("error").GetString());
            Assert.DoesNotContain(receiver.All, static one => one.Path == "/hook");
        }
        finally
        {
            ends.SetResult();
        }
    }

    /// <summary>A connection has less time than the whole try. What never comes to one is a failed delivery like any other, and no broken job.</summary>
    [Fact]
    public async Task Delivery_EndpointThatNobodyAccepts_FailsByTheConnectionsOwnLimit()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);

        // Linux takes one more than it was told, and answers nobody who comes after them.
        var waiting = Enumerable.Range(0, 4).Select(static _ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false }).ToList();
        foreach (var socket in waiting)
        {
            _ = socket.ConnectAsync(full.LocalEndPoint!);
        }

        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration.Replace("\"TimeoutSeconds\": 1", "\"TimeoutSeconds\": 20", StringComparison.Ordinal));
        var webhook = (await server.CreateWebhookAsync($"http://127.0.0.1:{((IPEndPoint)full.LocalEndPoint!).Port}/", ["user.*"])).Id();

        var delivery = await server.TestWebhookAsync(webhook);

        var shown = await server.UntilAsync(webhook, delivery, "pending", 1);
        Assert.Equal("It could not be connected to in time.", shown.GetProperty("tries")[0].GetProperty("error").GetString());
        waiting.ForEach(static socket => socket.Dispose());
    }

    [Fact]
    public async Task Replay_OneAndAllThatFailed_SendTheSameEventsAgain()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        var id = (await server.CreateWebhookAsync(receiver.Url, ["user.*"])).Id();
        receiver.Answer = static context => Task.FromResult(context.Response.StatusCode = 410);
        var (first, second) = (await server.TestWebhookAsync(id), await server.TestWebhookAsync(id));
        await server.UntilAsync(id, first, "failed", attempts: 1);
        await server.UntilAsync(id, second, "failed", attempts: 1);
        var events = receiver.All.Select(static one => one.Id).Order().ToList();
        (await server.PostAsync($"/api/v1/webhooks/{id}/replay-failed", """{"since":"2999-01-01T00:00:00Z"}""")).AssertStatus(200);
        (await server.PostAsync($"/api/v1/webhooks/{id}/replay-failed", "{}")).AssertError(422, "VALIDATION_ERROR");
        (await server.PostAsync($"/api/v1/webhooks/{id}/deliveries/none/replay", "")).AssertError(404, "NOT_FOUND");

        receiver.Answer = static _ => Task.CompletedTask;
        (await server.PostAsync($"/api/v1/webhooks/{id}/deliveries/{first}/replay", "")).AssertStatus(202);
        await server.UntilAsync(id, first, "succeeded", attempts: 2);
        var replayed = (await server.PostAsync($"/api/v1/webhooks/{id}/replay-failed", """{"since":"2020-01-01T00:00:00Z"}""")).AssertStatus(200);
        Assert.Equal((1, false), (replayed.GetProperty("replayed").GetInt32(), replayed.GetProperty("has_more").GetBoolean()));
        await server.UntilAsync(id, second, "succeeded", attempts: 2);

        Assert.Equal(events, receiver.All.Skip(2).Select(static one => one.Id).Order());
        Assert.Equal(2, (await server.GetAsync("/api/v1/audit?action=webhook.replay")).AssertStatus(200).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Delivery_LostByItsWorkerAndTakenByAnother_WhatTheFirstSaysLateChangesNothing()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration.Replace("\"TimeoutSeconds\": 1", "\"TimeoutSeconds\": 60", StringComparison.Ordinal));
        var (held, calls) = (new TaskCompletionSource(), 0);
        receiver.Answer = async context =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                await held.Task;
                context.Response.StatusCode = 500;
            }
        };
        var id = (await server.CreateWebhookAsync(receiver.Url, ["user.*"])).Id();
        var delivery = await server.TestWebhookAsync(id);
        await receiver.WaitAsync(1);

        // As after a long sleep of the process: somebody else has the job by then.
        var database = server.App.Services.GetRequiredService<Database>();
        await database.ExecuteAsync("UPDATE jobs SET lease_until = 1 WHERE state = 2 AND kind = 'webhook.deliver'");
        await server.RetryNowAsync(id, delivery);
        await server.UntilAsync(id, delivery, "succeeded", attempts: 1);
        held.SetResult();

        // Another one, so that what the first try writes would be there.
        await server.UntilAsync(id, await server.TestWebhookAsync(id), "succeeded", attempts: 1);
        await Eventually.Equal(0, async () => (await database.QueryAsync<string>("SELECT id FROM jobs WHERE state <= 3 AND kind = 'webhook.deliver'")).Count);
        await server.UntilAsync(id, delivery, "succeeded", attempts: 1);
        Assert.Equal(0, (await server.GetAsync($"/api/v1/webhooks/{id}", server.AdminToken)).AssertStatus(200).GetProperty("circuit").GetProperty("failures_in_row").GetInt32());
    }

    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Circuit_EndpointFailsInARow_IsLeftAloneThenTriedByOneAndClosed(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var nodes = await RoomNodes.CreateAsync(provider, WebhookCalls.Configuration.Replace("\"CircuitFailures\": 3", "\"CircuitFailures\": 3, \"CircuitSeconds\": 2", StringComparison.Ordinal));
        var server = await nodes.StartAsync();
        var id = (await server.CreateWebhookAsync(receiver.Url, ["user.created"])).Id();
        receiver.Answer = static context => Task.FromResult(context.Response.StatusCode = 500);
        for (var i = 0; i < 6; i++)
        {
            (await server.PostAsync("/api/v1/users", $$"""{"email":"user{{i}}@example.com","password":"correct horse battery"}""", server.AdminToken)).AssertStatus(201);
        }

        await Eventually.Equal("open", async () => await CircuitAsync());
        Assert.InRange(receiver.All.Count, 3, 4);
        receiver.Answer = static _ => Task.CompletedTask;
        var failures = receiver.All.Count;
        await Eventually.Equal("closed", async () => await CircuitAsync());
        await receiver.WaitAsync(failures + 3);

        // Those that failed wait for their own pause, which is none of this test's.
        Assert.Single(server.Logs.Events, static one => one.Id.Name == "EndpointLeftAlone");
        Assert.Single(server.Logs.Events, static one => one.Id.Name == "EndpointIsBack");
        Assert.Contains("causeway_webhooks_left_alone_total 1", (await server.GetAsync("/metrics", server.AdminToken)).Text, StringComparison.Ordinal);

        async Task<string?> CircuitAsync() => (await server.GetAsync($"/api/v1/webhooks/{id}", server.AdminToken)).AssertStatus(200).GetProperty("circuit").GetProperty("state").GetString();
    }

    [Fact]
    public async Task SlowEndpoint_WithMuchToBeTold_LeavesRoomForTheOthers()
    {
        await using var slow = await Receiver.StartAsync();
        await using var quick = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration.Replace("\"TimeoutSeconds\": 1", "\"TimeoutSeconds\": 20", StringComparison.Ordinal));
        var ends = new TaskCompletionSource();
        slow.Answer = _ => ends.Task;
        var id = (await server.CreateWebhookAsync(slow.Url, ["user.created"])).Id();
        for (var i = 0; i < 6; i++)
        {
            await server.TestWebhookAsync(id);
        }

        await slow.WaitAsync(2);
        var other = (await server.CreateWebhookAsync(quick.Url, ["user.created"])).Id();
        await server.UntilAsync(other, await server.TestWebhookAsync(other), "succeeded", attempts: 1);
        Assert.Equal(2, slow.All.Count);
        ends.SetResult();
        await slow.WaitAsync(6);
    }

    [Fact]
    public async Task Endpoint_SwitchedOff_WhatWaitsFailsAndTestsStillGoOut()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        var id = (await server.CreateWebhookAsync(receiver.Url, ["user.*"])).Id();
        receiver.Answer = static context => Task.FromResult(context.Response.StatusCode = 503);
        (await server.PostAsync("/api/v1/users", """{"email":"ada@example.com","password":"correct horse battery"}""")).AssertStatus(201);
        var waiting = await server.DeliveryOfAsync(id, "user.created");
        await server.UntilAsync(id, waiting, "pending", attempts: 1);

        (await server.PatchAsync($"/api/v1/webhooks/{id}", """{"active":false}""")).AssertStatus(200);
        await server.RetryNowAsync(id, waiting);
        var ended = await server.UntilAsync(id, waiting, "failed", attempts: 1);
        Assert.Equal("The webhook is switched off.", ended.GetProperty("delivery").GetProperty("error").GetString());
        receiver.Answer = static _ => Task.CompletedTask;
        await server.UntilAsync(id, await server.TestWebhookAsync(id), "succeeded", attempts: 1);
    }

    [Fact]
    public async Task Access_NotAnOperator_Refused()
    {
        await using var server = await RunningServer.StartAsync("""{ "Auth": { "Mode": "required" }, "Webhooks": { "AllowPrivateNetworks": true } }""");
        var (reader, writer) = (server.TokenFor("ada", null, "webhooks:read"), server.TokenFor("eve", null, "webhooks:write"));
        var id = (await server.CreateWebhookAsync("http://127.0.0.1:9/", ["*"])).Id();

        (await server.GetAsync("/api/v1/webhooks")).AssertError(401, "UNAUTHORIZED");
        (await server.GetAsync("/api/v1/webhooks", writer)).AssertError(403, "FORBIDDEN");
        (await server.GetAsync($"/api/v1/webhooks/{id}", reader)).AssertStatus(200);
        (await server.PostAsync($"/api/v1/webhooks/{id}/test", "", reader)).AssertError(403, "FORBIDDEN");
        (await server.PostAsync($"/api/v1/webhooks/{id}/rotate-secret", "", reader)).AssertError(403, "FORBIDDEN");
    }

    /// <summary>How many signatures a request has, and how many of them a receiver with this key takes: what the docs tell receivers to do, written once more.</summary>
    private static (int Matching, int All) Signatures(Receiver.Received request, string secret)
    {
        var parts = request.Headers["Causeway-Signature"].Split(',');
        var seconds = parts.Single(static part => part.StartsWith("t=", StringComparison.Ordinal))[2..];
        Assert.InRange(Math.Abs(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture)), 0, 60);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(seconds + "."));
        hmac.AppendData(request.Body);
        var expected = Convert.ToHexStringLower(hmac.GetHashAndReset());
        var given = parts.Where(static part => part.StartsWith("v1=", StringComparison.Ordinal)).Select(static part => part[3..]).ToList();
        return (given.Count(one => one == expected), given.Count);
    }
}
