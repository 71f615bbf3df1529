using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Tests;

/// <summary>F5, F4: spans follow a message to its members and cost nothing while nobody listens; what a handler logs names its connection.</summary>
public sealed class TracingTests
{
    [Fact]
    public void StartPublish_NobodyListens_AllocatesNothing()
    {
        var room = RoomId.Parse("a");
        MessageTracing.StartPublish(room, "x");
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
        {
            Assert.Null(MessageTracing.StartPublish(room, "x"));
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task Publish_Traced_IsFollowedToEveryLoopWithMembers()
    {
        using var spans = new Spans();
        await using var server = await LiveServer.StartAsync();
        await using var first = await server.ConnectAsync();
        await using var second = await server.ConnectAsync();
        await first.JoinAsync("traced");
        await second.JoinAsync("traced");

        await server.PublishAsync("traced", 1);
        await first.NextNumbersAsync(1);
        await second.NextNumbersAsync(1);

        var publish = await spans.WaitAsync("publish", "traced");
        Assert.Equal("1", publish.GetTagItem("causeway.message.offset")?.ToString());
        await Eventually.Equal(2, () => spans.Under(publish).Sum(static span => (int)span.GetTagItem("causeway.members")!));
        Assert.All(spans.Under(publish), static span => Assert.Equal("deliver", span.OperationName));
    }

    [Fact]
    public async Task Publish_Refused_IsAnErrorOfItsSpan()
    {
        using var spans = new Spans();
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["default"] = new NamespaceOptions { AutoCreate = false });

        Assert.NotNull((await server.Rooms.PublishAsync(RoomId.Parse("refused-room"), "x", "{}"u8.ToArray())).Error);

        var publish = await spans.WaitAsync("publish", "refused-room");
        Assert.Equal((ActivityStatusCode.Error, "ROOM_NOT_FOUND"), (publish.Status, publish.GetTagItem("error.type")));
    }

    [Fact]
    public async Task Handler_OfAMessage_LogsWithItsConnectionAndIsASpan()
    {
        using var spans = new Spans();
        await using var server = await LiveServer.StartAsync(handlers: static realtime => realtime.On<Note>("note.add", static (context, _, _) =>
        {
            context.Services.GetRequiredService<ILogger<TracingTests>>().LogInformation(new EventId(1, "NoteAdded"), "A note was added.");
            return Task.CompletedTask;
        }));
        await using var client = await server.ConnectAsync("ada");

        await client.RequestAsync("note.add");

        var logged = await server.Logs.WaitFor("NoteAdded");
        Assert.Contains($"connection_id:{client.ConnectionId}", logged.Scopes);
        await spans.WaitAsync("handle note.add", null);
    }

    private sealed record Note;

    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == "Causeway.Realtime",
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> Under(Activity parent) => [.. _ended.Where(span => span.ParentSpanId == parent.SpanId)];

        public async Task<Activity> WaitAsync(string name, string? room)
        {
            await Eventually.True(() => Find() is not null, what: $"a span {name}");
            return Find()!;

            Activity? Find() => _ended.FirstOrDefault(span => span.OperationName == name && (room is null || Equals(span.GetTagItem("messaging.destination.name"), room)));
        }

        public void Dispose() => _listener.Dispose();
    }
}
