using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Live;

/// <summary>C1: rooms as event streams.</summary>
public sealed class EventStreamTests(LocalServer server) : IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task Open_OneRoom_StartsWithRetryAndConnected()
    {
        using var stream = await Causeway.StreamAsync($"room={RoomNames.Next()}");

        Assert.Equal(200, stream.Head.Status);
        Assert.StartsWith("text/event-stream", stream.Head.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal("no-store", stream.Head.Header("Cache-Control"));
        Assert.Equal("no", stream.Head.Header("X-Accel-Buffering"));
        Assert.Null(stream.Head.Header("Content-Encoding"));

        var blocks = new List<SseEvent>();
        while (blocks.Count == 0 || blocks[^1].Data is null)
        {
            blocks.Add(await stream.ReadAnyAsync() ?? throw new EndOfStreamException());
        }

        Assert.True(blocks.First(static block => block.RetryMilliseconds is not null).RetryMilliseconds > 0);
        Assert.Equal("connected", blocks[^1].Event);
        Assert.False(string.IsNullOrEmpty(blocks[^1].Id));
        Assert.Equal("connected", blocks[^1].Message.Type);
        Assert.False(string.IsNullOrEmpty(blocks[^1].Message.Payload.GetProperty("connection_id").GetString()));
    }

    [Fact]
    public async Task Open_AnyRoom_SendsACommentAtOnce()
    {
        using var stream = await Causeway.StreamAsync($"room={RoomNames.Next()}");

        SseEvent? block;
        do
        {
            block = await stream.ReadAnyAsync();
        }
        while (block is { Comment: null });

        Assert.NotNull(block);
    }

    [Fact]
    public async Task Publish_TwoRooms_ArrivesAsEventsWithTheWholeEnvelope()
    {
        var (a, b) = (RoomNames.Next(), RoomNames.Next());
        using var stream = await Causeway.StreamAsync($"room={a}&room={b}");
        await stream.ReadAsync("connected");

        await Causeway.PublishAsync(a, "chat", """{"n":1}""");
        var first = await stream.ReadAsync();
        await Causeway.PublishAsync(b, "other:type", """{"n":2}""");
        var second = await stream.ReadAsync();

        Assert.Equal("chat", first!.Event);
        Assert.Equal(a, first.Message.RoomId);
        Assert.Equal(1, first.Message.Offset);
        Assert.Equal("other:type", second!.Event);
        Assert.Equal(b, second.Message.RoomId);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Publish_SameMessage_IsByteForByteTheEnvelopeOfTheSocket()
    {
        var room = RoomNames.Next();
        using var stream = await Causeway.StreamAsync($"room={room}");
        await using var client = await Causeway.ConnectAsync();
        await client.JoinAsync(room);
        await stream.ReadAsync("connected");

        await Causeway.PublishAsync(room, "chat", """{"text":"grüße\nzweite Zeile"}""");

        var fromStream = await stream.ReadAsync("chat");
        var fromSocket = await client.NextAsync("chat");
        Assert.Equal(fromSocket.Json.GetRawText(), fromStream.Data);
    }

    [Fact]
    public async Task Resume_LastEventIdOfTwoRooms_GetsExactlyWhatWasMissed()
    {
        var (a, b) = (RoomNames.Next(), RoomNames.Next());
        string? cursor;
        using (var stream = await Causeway.StreamAsync($"room={a}&room={b}"))
        {
            await stream.ReadAsync("connected");
            await Causeway.PublishAsync(a, "chat", """{"n":1}""");
            await Causeway.PublishAsync(b, "chat", """{"n":1}""");
            await stream.ReadAsync("chat");
            cursor = (await stream.ReadAsync("chat")).Id;
        }

        await Causeway.PublishAsync(a, "chat", """{"n":2}""");
        await Causeway.PublishAsync(a, "chat", """{"n":3}""");
        await Causeway.PublishAsync(b, "chat", """{"n":2}""");

        foreach (var byHeader in new[] { true, false })
        {
            using var again = await Causeway.StreamAsync(
                $"room={a}&room={b}{(byHeader ? "" : "&last_event_id=" + Uri.EscapeDataString(cursor!))}", byHeader ? cursor : null);
            await again.ReadAsync("connected");
            var missed = new List<(string, long)>();
            for (var i = 0; i < 3; i++)
            {
                var message = (await again.ReadAsync())!;
                Assert.Equal("chat", message.Event);
                missed.Add((message.Message.RoomId!, message.Message.Offset!.Value));
            }

            Assert.Equal([2, 3], missed.Where(m => m.Item1 == a).Select(static m => m.Item2));
            Assert.Equal([2], missed.Where(m => m.Item1 == b).Select(static m => m.Item2));
        }
    }

    [Fact]
    public async Task Resume_CursorThatCantBeRead_ResetsEveryRoomAndGoesLive()
    {
        var (a, b) = (RoomNames.Next(), RoomNames.Next());
        await Causeway.PublishAsync(a, "chat", "{}");

        using var stream = await Causeway.StreamAsync($"room={a}&room={b}", "not-a-cursor");
        var resets = new[] { await stream.ReadAsync("reset"), await stream.ReadAsync("reset") };
        await Causeway.PublishAsync(a, "chat", """{"live":true}""");
        var live = await stream.ReadAsync("chat");

        var payloads = resets.Select(static reset => reset.Json.TryGetProperty("payload", out var inner) ? inner : reset.Json).ToList();
        Assert.Equal(new[] { a, b }.Order(StringComparer.Ordinal), payloads.Select(static p => p.GetProperty("room_id").GetString()!).Order(StringComparer.Ordinal));
        var ofA = payloads.Single(p => p.GetProperty("room_id").GetString() == a);
        Assert.Equal(1, ofA.GetProperty("offset").GetInt64());
        Assert.False(string.IsNullOrEmpty(ofA.GetProperty("epoch").GetString()));
        Assert.Equal(2, live.Message.Offset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("room=")]
    [InlineData("room=no%20spaces")]
    public async Task Open_NoUsableRoom_IsRefused(string query)
    {
        using var stream = await Causeway.StreamAsync(query);

        Assert.Contains(stream.Head.Status, new[] { 400, 422 });
        Assert.NotNull(stream.Head.ErrorCode);
    }

    [Fact]
    public async Task Open_MoreThan32Rooms_IsRefused()
    {
        using var stream = await Causeway.StreamAsync(string.Join('&', Enumerable.Range(0, 33).Select(static i => $"room=many-{i}")));

        Assert.Contains(stream.Head.Status, new[] { 400, 422 });
        Assert.NotNull(stream.Head.ErrorCode);
    }

    [Fact]
    public async Task Open_NamespaceThatCreatesNothing_RoomNotFound()
    {
        using var stream = await Causeway.StreamAsync($"room={RoomNames.Next("named")}");

        stream.Head.AssertError(404, "ROOM_NOT_FOUND");
    }

    [Fact]
    public async Task Open_ForeignOrigin_Forbidden()
    {
        using var stream = await SseReader.OpenAsync(
            new Uri(Causeway.Address, "/sse?room=a"), headers: new Dictionary<string, string> { ["Origin"] = "https://evil.example" });

        stream.Head.AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Leave_StreamClosed_ConnectionIsGone()
    {
        var room = RoomNames.Next();
        string id;
        using (var stream = await Causeway.StreamAsync($"room={room}"))
        {
            id = (await stream.ReadAsync("connected")).Message.Payload.GetProperty("connection_id").GetString()!;
            var shown = (await Causeway.GetAsync($"/api/v1/connections/{id}")).Json;
            Assert.Equal("sse", shown.GetProperty("transport").GetString());
            Assert.Equal(JsonValueKind.Array, shown.GetProperty("rooms").ValueKind);
        }

        await Eventually.True(async () => (await Causeway.GetAsync($"/api/v1/connections/{id}")).Status == 404);
    }
}
