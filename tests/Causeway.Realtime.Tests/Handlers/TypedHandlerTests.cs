using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Http;

namespace Causeway.Realtime.Tests;

/// <summary>D1: an application's own messages.</summary>
public sealed partial class TypedHandlerTests
{
    private const string Room = "general";

    [Fact]
    public async Task On_ValidMessage_ReachesTheHandlerWithItsContext()
    {
        Order? seen = null;
        await using var server = await LiveServer.StartAsync(handlers: realtime => realtime.On<Order>("order", (context, order, _) =>
        {
            seen = order;
            context.Answer(new JsonObject
            {
                ["user"] = context.Identity.UserId,
                ["connection"] = context.ConnectionId,
                ["room"] = context.Room?.Value,
                ["member"] = context.IsMember,
                ["type"] = context.Type,
                ["raw"] = JsonNode.Parse(context.Payload.Span),
                ["nothing"] = null,
                ["service"] = context.Services.GetRequiredService<Scoped>().Id,
            });
            return Task.CompletedTask;
        }).Services.AddScoped<Scoped>());
        await using var client = await server.ConnectAsync("ann");

        var first = await client.RequestAsync("order", new() { ["item_name"] = "tea", ["count"] = 2, ["size"] = "very_large" });
        await client.JoinAsync(Room);
        var second = await client.RequestAsync("order", new() { ["item_name"] = "tea", ["count"] = 2 }, Room);

        Assert.Equal(new Order { ItemName = "tea", Count = 2, Size = Size.VeryLarge }, seen! with { Size = Size.VeryLarge });
        Assert.Equal("ack", first.Type);
        Assert.Equal("ok", first.Text("status"));
        Assert.Equal("ann", first.Text("user"));
        Assert.Equal(client.ConnectionId, first.Text("connection"));
        Assert.True(first.IsNull("room"));
        Assert.False(first.Flag("member"));
        Assert.Equal("order", first.Text("type"));
        Assert.Equal(2, first.Payload.GetProperty("raw").GetProperty("count").GetInt32());
        Assert.True(first.IsNull("nothing"));
        Assert.Equal(Room, second.Text("room"));
        Assert.True(second.Flag("member"));
        Assert.NotEqual(first.Text("service"), second.Text("service"));
    }

    [Theory]
    [InlineData("""{"item_name":"tea","count":0}""", "count")]
    [InlineData("""{"item_name":"","count":1}""", "item_name")]
    [InlineData("""{"item_name":"a name beyond ten","count":1}""", "item_name")]
    [InlineData("""{"item_name":"tea","count":"x"}""", "count")]
    [InlineData("""{"item_name":"tea","count":1,"size":"huge"}""", "size")]
    [InlineData("""{"item_name":"tea","count":1,"size":7e9}""", "size")]
    [InlineData("""{"count":1}""", "item_name")]
    [InlineData("""{"item_name":null,"count":1}""", "item_name")]
    [InlineData("{}", "item_name", "count")]
    [InlineData("""{"item_name":"a name beyond ten","count":0}""", "item_name", "count")]
    public async Task On_FieldsThatBreakARule_AreNamedAndDoNotReachTheHandler(string payload, params string[] fields)
    {
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime
            .On<Order>("order", static (_, _, _) => throw new InvalidOperationException("reached"))
            .On<PositionalOrder>("positional", static (_, _, _) => throw new InvalidOperationException("reached")));
        await using var client = await server.ConnectAsync();

        foreach (var type in new[] { "order", "positional" })
        {
            var answer = await client.RequestAsync(type, JsonNode.Parse(payload)!.AsObject());

            Assert.Equal("VALIDATION_ERROR", answer.ErrorCode);
            Assert.Equal(
                fields.Order(StringComparer.Ordinal),
                answer.Payload.GetProperty("details").GetProperty("fields").EnumerateObject().Select(static p => p.Name).Order(StringComparer.Ordinal));
            Assert.NotEqual("", answer.Text("message"));
        }
    }

    [Fact]
    public async Task On_HandlerThrows_TellsNoInnerDetailAndTheConnectionLivesOn()
    {
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime
            .On<Empty>("fails", static (_, _, _) => throw new InvalidOperationException("the secret"))
            .On<Empty>("fails.later", static async (_, _, _) =>
            {
                await Task.Yield();
                throw new OperationCanceledException("the secret");
            }));
        await using var client = await server.ConnectAsync();

        var answer = await client.RequestAsync("fails");
        var later = await client.RequestAsync("fails.later");
        await client.SendAsync("fails");
        var unasked = await client.NextAsync();

        Assert.Equal("INTERNAL_ERROR", answer.ErrorCode);
        Assert.DoesNotContain("secret", answer.ToString(), StringComparison.Ordinal);
        Assert.Equal("INTERNAL_ERROR", later.ErrorCode);
        Assert.Equal("INTERNAL_ERROR", unasked.ErrorCode);
        Assert.Null(unasked.Ref);
        Assert.Equal("pong", (await client.PingAsync()).Type);
        var logged = await server.Logs.WaitFor("HandlerFailed");
        Assert.Equal("the secret", logged.Exception!.Message);
        Assert.Contains($"connection_id:{client.ConnectionId}", logged.Scopes);
    }

    [Fact]
    public async Task On_AnswerThatIsNoJson_IsTheHandlersFault()
    {
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime.On<Empty>("not.a.number", static (context, _, _) =>
        {
            context.Answer(new JsonObject { ["a"] = 1, ["b"] = JsonValue.Create(double.NaN) });
            return Task.CompletedTask;
        }));
        await using var client = await server.ConnectAsync();

        Assert.Equal("INTERNAL_ERROR", (await client.RequestAsync("not.a.number")).ErrorCode);
        Assert.Equal("pong", (await client.PingAsync()).Type);
    }

    [Fact]
    public async Task On_Refuse_IsTheAnswer()
    {
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime
            .On<Empty>("refused", static (context, _, _) =>
            {
                context.Answer([]);
                context.Refuse(new ApiError(ErrorCode.Conflict, "Taken.") { Details = new JsonObject { ["by"] = "bob" } });
                return Task.CompletedTask;
            })
            .On<Empty>("reconsidered", static (context, _, _) =>
            {
                context.Refuse(new ApiError(ErrorCode.Conflict, "Taken."));
                context.Answer([]);
                return Task.CompletedTask;
            }));
        await using var client = await server.ConnectAsync();

        var refused = await client.RequestAsync("refused");
        var reconsidered = await client.RequestAsync("reconsidered");

        Assert.Equal("CONFLICT", refused.ErrorCode);
        Assert.Equal("Taken.", refused.Text("message"));
        Assert.Equal("bob", refused.Payload.GetProperty("details").GetProperty("by").GetString());
        Assert.Equal("ack", reconsidered.Type);
    }

    [Fact]
    public async Task PublishAsync_OwnPayload_IsHeardUnderTheMessagesTypeAndFromItsSender()
    {
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime
            .On<Order>("order", static async (context, order, token) => await context.PublishAsync(new { Shouted = order.ItemName + "!" }, token))
            .On<Empty>("as.is", static async (context, _, token) => await context.PublishAsync(token))
            .On<Empty>("generated", static async (context, _, token) =>
                await context.PublishAsync(new Note("x"), NoteJson.Default.Note, token)));
        await using var client = await server.ConnectAsync("ann");
        await client.JoinAsync(Room);

        var ack = await client.RequestAsync("order", new() { ["item_name"] = "tea", ["count"] = 1 }, Room);
        var heard = await client.NextAsync("order");
        await client.RequestAsync("as.is", new() { ["any"] = 1 }, Room);
        await client.RequestAsync("generated", room: Room);

        Assert.Equal("tea!", heard.Text("shouted"));
        Assert.Equal("ann", heard.Json.GetProperty("from").GetProperty("user_id").GetString());
        Assert.Equal(["status", "id", "offset", "epoch"], ack.Fields());
        Assert.Equal(heard.Id, ack.Text("id"));
        Assert.Equal(1, ack.Number("offset"));
        Assert.Equal(1, (await client.NextAsync("as.is")).Number("any"));
        Assert.Equal("x", (await client.NextAsync("generated")).Text("Text"));
    }

    [Fact]
    public async Task PublishAsync_WhereTheNamespaceForbids_BecomesTheAnswer()
    {
        var results = new List<PublishResult>();
        await using var server = await LiveServer.StartAsync(
            static options => options.Namespaces["news"] = new() { Publish = PublishRule.Server },
            realtime => realtime
                .On<Empty>("say", async (context, _, token) => results.Add(await context.PublishAsync(token)))
                .On<Empty>("say.array", async (context, _, token) => results.Add(await context.PublishAsync(new[] { 1 }, token))));
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("news:x");

        var forbidden = await client.RequestAsync("say", room: "news:x");
        var stranger = await client.RequestAsync("say", room: Room);
        var roomless = await client.RequestAsync("say");
        await client.JoinAsync(Room);
        var array = await client.RequestAsync("say.array", room: Room);

        Assert.Equal("FORBIDDEN", forbidden.ErrorCode);
        Assert.Equal("NOT_IN_ROOM", stranger.ErrorCode);
        Assert.Equal("VALIDATION_ERROR", roomless.ErrorCode);
        Assert.Equal("VALIDATION_ERROR", array.ErrorCode);
        Assert.All(results, static result => Assert.False(result.Published));
        Assert.Equal(4, results.Count);
    }

    [Fact]
    public async Task On_WithJsonTypeInfo_ReadsAndValidatesWithoutReflection()
    {
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime.On(
            "note",
            NoteJson.Default.Note,
            static (context, note, _) =>
            {
                context.Answer(new JsonObject { ["length"] = note.Text.Length });
                return Task.CompletedTask;
            },
            static note => note.Text.Length > 3 ? [KeyValuePair.Create("Text", "at most 3")] : []));
        await using var client = await server.ConnectAsync();

        var good = await client.RequestAsync("note", new() { ["Text"] = "abc" });
        var tooLong = await client.RequestAsync("note", new() { ["Text"] = "abcd" });
        var wrong = await client.RequestAsync("note", new() { ["Text"] = 1 });

        Assert.Equal(3, good.Number("length"));
        Assert.Equal("at most 3", tooLong.Payload.GetProperty("details").GetProperty("fields").GetProperty("Text").GetString());
        Assert.Equal("VALIDATION_ERROR", wrong.ErrorCode);
    }

    [Fact]
    public async Task On_MessagesOfOneConnection_AreHandledInOrderOneAtATime()
    {
        var running = 0;
        var seen = new List<int>();
        await using var server = await LiveServer.StartAsync(handlers: realtime => realtime.On<Numbered>("step", async (_, step, _) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            seen.Add(step.N);
            Interlocked.Decrement(ref running);
        }));
        await using var client = await server.ConnectAsync();

        for (var n = 0; n < 50; n++)
        {
            await client.SendAsync("step", new() { ["n"] = n });
        }

        await client.PingAsync();
        Assert.Equal(Enumerable.Range(0, 50), seen);
    }

    [Fact]
    public async Task On_ClientGoneMeanwhile_HandlerIsCancelled()
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var server = await LiveServer.StartAsync(handlers: realtime => realtime.On<Empty>("wait", async (_, _, token) =>
        {
            started.SetResult();
            await using var registration = token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, token);
        }));
        var client = await server.ConnectAsync();
        await client.SendAsync("wait");
        await started.Task.Within();

        client.Abort();

        await cancelled.Task.Within();
        await Eventually.Equal(0, () => server.Connections.Count);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task On_DisconnectedMeanwhile_HandlerIsCancelled()
    {
        var started = new TaskCompletionSource();
        await using var server = await LiveServer.StartAsync(handlers: realtime => realtime.On<Empty>("wait", async (_, _, token) =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        }));
        await using var client = await server.ConnectAsync();
        await client.SendAsync("wait");
        await started.Task.Within();

        Assert.True(server.Connections.Disconnect(client.ConnectionId, CloseReason.DisconnectedByOperator));

        Assert.Equal(4502, (await client.Closed.Within()).Code);
        await Eventually.Equal(0, () => server.Connections.Count);
    }

    [Theory]
    [InlineData("join_room")]
    [InlineData("ack")]
    [InlineData("Upper")]
    [InlineData("")]
    [InlineData("with space")]
    public void On_TypeThatCannotBe_Throws(string type)
    {
        var realtime = new ServiceCollection().AddRealtime();

        Assert.Throws<ArgumentException>(() => realtime.On<Empty>(type, static (_, _, _) => Task.CompletedTask));
    }

    [Fact]
    public async Task On_TypeOfTwoHandlers_FailsAtTheStart()
    {
        await Assert.ThrowsAnyAsync<Exception>(static () => LiveServer.StartAsync(handlers: static realtime => realtime
            .On<Empty>("twice", static (_, _, _) => Task.CompletedTask)
            .On<Empty>("twice", static (_, _, _) => Task.CompletedTask)));
    }

    private sealed record Order
    {
        [Required]
        [StringLength(10)]
        public required string ItemName { get; init; }

        [Range(1, 5)]
        public required int Count { get; init; }

        public Size Size { get; init; }
    }

    private sealed record PositionalOrder([Required, StringLength(10)] string ItemName, [Range(1, 5)] int Count, Size Size = Size.Small);

    private enum Size
    {
        Small,
        VeryLarge,
    }

    private sealed record Empty;

    private sealed record Numbered(int N);

    private sealed record Note(string Text);

    private sealed class Scoped
    {
        public string Id { get; } = Guid.NewGuid().ToString();
    }

    [JsonSerializable(typeof(Note))]
    private sealed partial class NoteJson : JsonSerializerContext;
}
