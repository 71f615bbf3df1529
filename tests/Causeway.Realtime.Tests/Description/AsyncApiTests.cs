using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Causeway.Realtime.Tests.Description;

/// <summary>F6: the AsyncAPI document has the form of AsyncAPI 3.0, and a running server says and takes what it has.</summary>
public sealed class AsyncApiTests
{
    [Fact]
    public async Task Document_Structure_IsThatOfAsyncApi3()
    {
        await using var server = await StartAsync();
        var document = await ReadAsync(server);

        Assert.Equal("3.0.0", document.GetProperty("asyncapi").GetString());
        Assert.Equal(["title", "version", "description"], document.GetProperty("info").EnumerateObject().Select(static field => field.Name));
        var servers = document.GetProperty("servers");
        Assert.Equal("ws", servers.GetProperty("websocket").GetProperty("protocol").GetString());
        Assert.Equal(server.BaseAddress.Authority, servers.GetProperty("websocket").GetProperty("host").GetString());
        Assert.Equal("http", servers.GetProperty("events").GetProperty("protocol").GetString());
        foreach (var (name, holder) in new[] { ("channels", document), ("operations", document), ("servers", document), ("messages", document.GetProperty("components")), ("schemas", document.GetProperty("components")) })
        {
            Assert.All(holder.GetProperty(name).EnumerateObject(), static entry => Assert.Matches("^[A-Za-z0-9._-]+$", entry.Name));
        }

        foreach (var channel in document.GetProperty("channels").EnumerateObject())
        {
            Assert.StartsWith("/", channel.Value.GetProperty("address").GetString(), StringComparison.Ordinal);
            Assert.NotEmpty(channel.Value.GetProperty("messages").EnumerateObject());
            Assert.All(channel.Value.GetProperty("servers").EnumerateArray(), static one => Assert.StartsWith("#/servers/", one.GetProperty("$ref").GetString(), StringComparison.Ordinal));
        }

        foreach (var operation in document.GetProperty("operations").EnumerateObject())
        {
            Assert.Contains(operation.Value.GetProperty("action").GetString(), (string[])["send", "receive"]);
            AssertMessagesOfChannel(operation.Value);
            if (operation.Value.TryGetProperty("reply", out var reply))
            {
                AssertMessagesOfChannel(reply);
            }
        }

        Assert.All(document.GetProperty("components").GetProperty("messages").EnumerateObject(), static message =>
        {
            Assert.NotEmpty(message.Value.GetProperty("summary").GetString()!);
            Assert.Equal("application/json", message.Value.GetProperty("contentType").GetString());
        });
        var schemas = new JsonSchema(document);
        Assert.All(References(document), reference => schemas.Follow(reference));
    }

    [Fact]
    public async Task Document_Handler_HasItsPayloadAndItsRules()
    {
        await using var server = await StartAsync();
        var document = await ReadAsync(server);
        var schemas = new JsonSchema(document);
        var order = document.GetProperty("components").GetProperty("messages").GetProperty("send_shop.order").GetProperty("payload");

        Assert.Empty(schemas.Check(order, Json("""{"type":"shop:order","ref":"1","payload":{"item":"tea","count":2}}""")));
        Assert.Empty(schemas.Check(order, Json("""{"type":"shop:order","payload":{"item":"tea","count":2,"with":{"item":"cup","count":1}}}""")));
        Assert.NotEmpty(schemas.Check(order, Json("""{"type":"shop:order","payload":{"count":2}}""")));
        Assert.NotEmpty(schemas.Check(order, Json("""{"type":"shop:order","payload":{"item":"tea","count":100}}""")));
        Assert.NotEmpty(schemas.Check(order, Json("""{"type":"shop:order","payload":{"item":"x","count":1}}""")));
        Assert.NotEmpty(schemas.Check(order, Json("""{"type":"shop:order","payload":{"item":"tea","count":2,"with":{"item":"cup","count":0}}}""")));
        Assert.Equal("receive", document.GetProperty("operations").GetProperty("shop.order").GetProperty("action").GetString());
    }

    [Fact]
    public async Task Document_Examples_AreAsTheirSchemas()
    {
        await using var server = await StartAsync();
        var document = await ReadAsync(server);
        var schemas = new JsonSchema(document);
        foreach (var message in document.GetProperty("components").GetProperty("messages").EnumerateObject())
        {
            foreach (var example in message.Value.TryGetProperty("examples", out var examples) ? examples.EnumerateArray().AsEnumerable() : [])
            {
                Assert.Empty(schemas.Check(message.Value.GetProperty("payload"), example.GetProperty("payload"), message.Name));
            }
        }
    }

    [Fact]
    public async Task Client_EveryDocumentedMessage_IsAnsweredAsDocumented()
    {
        await using var server = await StartAsync();
        var document = await ReadAsync(server);
        var schemas = new JsonSchema(document);
        await using var client = await LiveClient.ConnectAsync(server.BaseAddress, LiveServer.As("ann;name=Ann"));
        var channel = document.GetProperty("channels").GetProperty("live").GetProperty("messages");

        // Joining comes first and leaving last; what is between does not care.
        var received = document.GetProperty("operations").EnumerateObject().Where(static operation => operation.Value.GetProperty("action").GetString() == "receive")
            .OrderBy(static operation => operation.Name switch { "join_room" => 0, "leave_room" => 2, _ => 1 }).ToList();
        Assert.True(received.Count >= 9);
        foreach (var operation in received)
        {
            var message = schemas.Resolve(schemas.Resolve(operation.Value.GetProperty("messages")[0]));
            var sent = message.TryGetProperty("examples", out var examples)
                ? JsonNode.Parse(examples[0].GetProperty("payload").GetRawText())!.AsObject()
                : new JsonObject { ["type"] = "shop:order", ["payload"] = new JsonObject { ["item"] = "tea", ["count"] = 2 } };
            if (operation.Name == "refresh_token")
            {
                sent["payload"]!["access_token"] = "ann;name=Ann";
            }

            var answer = await client.RequestAsync(sent["type"]!.GetValue<string>(), sent["payload"]?.DeepClone().AsObject(), sent["room_id"]?.GetValue<string>());

            Assert.True(answer.Type != "error", $"{operation.Name}: {answer}");
            var replies = operation.Value.GetProperty("reply").GetProperty("messages").EnumerateArray()
                .Select(reply => schemas.Resolve(reply).GetProperty("payload")).Select(payload => schemas.Check(payload, answer.Json).ToList()).ToList();
            Assert.True(replies.Exists(static errors => errors.Count == 0), $"{operation.Name} was answered by {answer}: {string.Join("; ", replies.SelectMany(static errors => errors))}");
        }

        Assert.Equal(received.Count, channel.EnumerateObject().Count(static message => message.Name.StartsWith("send_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Client_RefusedMessage_IsAnsweredByTheDocumentedError()
    {
        await using var server = await StartAsync();
        var document = await ReadAsync(server);
        var schemas = new JsonSchema(document);
        await using var client = await LiveClient.ConnectAsync(server.BaseAddress);
        var error = document.GetProperty("components").GetProperty("messages").GetProperty("error").GetProperty("payload");
        var codes = document.GetProperty("components").GetProperty("schemas").GetProperty("error_code").GetProperty("examples").EnumerateArray().Select(static code => code.GetString()).ToList();

        foreach (var answer in new[]
        {
            await client.RequestAsync("leave_room", null, "lobby"),
            await client.RequestAsync("nothing-takes-this"),
            await client.RequestAsync("shop:order", new JsonObject { ["count"] = 1 }),
            await client.RequestAsync("kicked", null, "lobby"),
        })
        {
            Assert.Equal("error", answer.Type);
            Assert.Empty(schemas.Check(error, answer.Json));
            Assert.Contains(answer.ErrorCode, codes);
        }
    }

    [Fact]
    public async Task Server_WhateverItSays_IsDocumented()
    {
        await using var server = await StartAsync();
        var document = await ReadAsync(server);
        var rooms = server.Services.GetRequiredService<Rooms>();
        var connections = server.Services.GetRequiredService<Connections>();
        var client = await LiveClient.ConnectAsync(server.BaseAddress, LiveServer.As("ann;name=Ann;seconds=50"));
        await client.RequestAsync("join_room", null, "lobby");
        await client.RequestAsync("join_room", null, "hall");
        using var stream = await SseReader.OpenAsync(new Uri(server.BaseAddress, "/sse?room=lobby&room=hall"));
        var first = (await stream.ReadAsync("connected")).Id!;
        await using (var other = await LiveClient.ConnectAsync(server.BaseAddress, LiveServer.As("bob;name=Bob")))
        {
            await other.RequestAsync("join_room", null, "lobby");
            await other.RequestAsync("chat", new JsonObject { ["text"] = "hi" }, "lobby");
            await other.RequestAsync("typing", new JsonObject { ["is_typing"] = true }, "lobby");
        }

        connections.Broadcast("notice", "{}"u8.ToArray());
        await Eventually.True(() => client.Log.Any(static message => message.Type == "user_left"));
        rooms.KickConnection(RoomId.Parse("hall"), client.ConnectionId, "kicked");
        rooms.Close(RoomId.Parse("lobby"), "deleted");
        using var resumed = await SseReader.OpenAsync(new Uri(server.BaseAddress, "/sse?room=lobby&room=hall"), first);
        await resumed.ReadAsync("reset");
        await connections.DrainAsync(TimeSpan.Zero, TestContext.Current.CancellationToken).Within();
        await client.Closed.Within();

        var seen = client.Log.Append(client.Connected).ToList();
        foreach (var type in (string[])["connected", "ack", "chat", "typing", "notice", "user_joined", "user_left", "kicked", "room_closed", "token_expiring", "reconnect"])
        {
            Assert.Contains(seen, message => message.Type == type);
        }

        AssertDocumented(document, "live", seen.Select(static message => message.Json));
        var events = new List<JsonElement>();
        foreach (var reader in (SseReader[])[stream, resumed])
        {
            while (await reader.ReadAnyAsync() is { } next)
            {
                if (next.Data is not null)
                {
                    events.Add(Json(next.Data));
                }
            }
        }

        Assert.Contains(events, static message => message.GetProperty("type").GetString() == "shutdown");
        AssertDocumented(document, "room_events", events);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Document_OtherPathsAndAddress_AreNamed()
    {
        await using var server = await TestServer.StartAsync(
            static app =>
            {
                app.MapRealtime("/live/socket");
                app.MapAsyncApi("/live/description.json", static document => (document.Title, document.PublicUrl) = ("Shop", new Uri("https://shop.example.com")));
            },
            static builder => builder.Services.AddRealtime());

        var document = Json(await server.Client.GetStringAsync(new Uri("/live/description.json", UriKind.Relative), TestContext.Current.CancellationToken));

        Assert.Equal("Shop", document.GetProperty("info").GetProperty("title").GetString());
        Assert.Equal("/live/socket", document.GetProperty("channels").GetProperty("live").GetProperty("address").GetString());
        Assert.Equal("wss", document.GetProperty("servers").GetProperty("websocket").GetProperty("protocol").GetString());
        Assert.Equal("shop.example.com", document.GetProperty("servers").GetProperty("websocket").GetProperty("host").GetString());
        Assert.False(document.GetProperty("channels").TryGetProperty("room_events", out _));
    }

    [Fact]
    public async Task MapAsyncApi_WithoutTheService_Refused() => await Assert.ThrowsAsync<InvalidOperationException>(
        static () => TestServer.StartAsync(static app => app.MapAsyncApi()));

    [Fact]
    public async Task Document_CloseCodes_AreAllThereAre()
    {
        await using var server = await StartAsync();
        var named = (await ReadAsync(server)).GetProperty("channels").GetProperty("live").GetProperty("x-close-codes").EnumerateArray()
            .Select(static code => (code.GetProperty("code").GetInt32(), code.GetProperty("come_back").GetBoolean())).ToList();

        var reasons = typeof(CloseReason).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(static property => property.PropertyType == typeof(CloseReason)).Select(static property => (CloseReason)property.GetValue(null)!);
        Assert.Equal(reasons.Select(static reason => ((int)reason.Code, reason.ComeBack)).Order(), named.Order());
    }

    [Fact]
    public void Document_TypesOfTheProtocol_AreAllDescribed()
    {
        var described = ProtocolMessages.Client.Concat(ProtocolMessages.Server).Concat(ProtocolMessages.Events).Select(static message => message.Type).ToHashSet();

        foreach (var type in (string[])["connected", "pong", "ack", "error", "user_joined", "user_left", "room_closed", "kicked", "dropped", "token_expiring", "reconnect", "reset", "shutdown",
            "ping", "join_room", "leave_room", "presence", "history", "refresh_token", "typing"])
        {
            Assert.True(MessageTypes.IsReserved(type));
            Assert.Contains(type, described);
        }

        Assert.All(described.OfType<string>(), static type => Assert.True(MessageTypes.IsReserved(type)));
    }

    private static void AssertDocumented(JsonElement document, string channel, IEnumerable<JsonElement> messages)
    {
        var schemas = new JsonSchema(document);
        var known = document.GetProperty("channels").GetProperty(channel).GetProperty("messages").EnumerateObject()
            .Where(static message => !message.Name.StartsWith("send_", StringComparison.Ordinal))
            .Select(message => (message.Name, Payload: schemas.Resolve(message.Value).GetProperty("payload"))).ToList();
        foreach (var message in messages)
        {
            var type = message.GetProperty("type").GetString();
            var ofType = known.Where(one => schemas.Resolve(one.Payload).GetProperty("properties").GetProperty("type") is var rule
                && (!rule.TryGetProperty("const", out var constant) || constant.GetString() == type)).ToList();
            var errors = ofType.Select(one => schemas.Check(one.Payload, message, one.Name).ToList()).ToList();
            Assert.True(errors.Exists(static found => found.Count == 0), $"{message}: {string.Join("; ", errors.SelectMany(static found => found))}");
        }
    }

    private static void AssertMessagesOfChannel(JsonElement operation)
    {
        var channel = operation.GetProperty("channel").GetProperty("$ref").GetString()!;
        Assert.Matches(new Regex("^#/channels/[a-z_0-9]+$"), channel);
        Assert.All(operation.GetProperty("messages").EnumerateArray(), message =>
            Assert.StartsWith(channel + "/messages/", message.GetProperty("$ref").GetString(), StringComparison.Ordinal));
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static property =>
            property.NameEquals("$ref") ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static JsonElement Json(string text) => JsonElement.Parse(text);

    private static async Task<JsonElement> ReadAsync(TestServer server) =>
        Json(await server.Client.GetStringAsync(new Uri("/asyncapi.json", UriKind.Relative), TestContext.Current.CancellationToken));

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(
        static app =>
        {
            app.MapRealtime();
            app.MapRoomEvents();
            app.MapAsyncApi();
        },
        static builder =>
        {
            builder.Services.AddSingleton(TimeProvider.System);
            builder.Services.AddSingleton<IRealtimeAuthenticator, TestAuthenticator>();
            builder.Services.AddRealtime().On<Order>("shop:order", static (context, order, _) =>
            {
                context.Answer(new JsonObject { ["items"] = order.Count });
                return Task.CompletedTask;
            });
        });

    private sealed record Order
    {
        [StringLength(50, MinimumLength = 2)]
        public required string Item { get; init; }

        [Range(1, 99)]
        public required int Count { get; init; }

        public Order? With { get; init; }
    }
}
