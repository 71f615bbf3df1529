using System.Diagnostics;

namespace Causeway.Realtime;

/// <summary>
/// The spans of a message, on the activity source <c>Causeway.Realtime</c>: <c>publish</c> until it is in its room's log, and under it one <c>deliver</c> for each loop with members, which
/// ends when the last of them has been given it. Nothing is made while nobody listens.
/// </summary>
internal static class MessageTracing
{
    /// <summary>In a batch of more, those after these have no span of their own.</summary>
    private const int MaxPerBatch = 16;

    private static readonly ActivitySource Source = new("Causeway.Realtime");

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    public static Activity? StartPublish(RoomId room, string type)
    {
        if (Source.StartActivity("publish", ActivityKind.Producer) is not { } span)
        {
            return null;
        }

        if (span.IsAllDataRequested)
        {
            span.SetTag("messaging.system", "causeway");
            span.SetTag("messaging.operation.type", "send");
            span.SetTag("messaging.destination.name", room.Value);
            span.SetTag("causeway.message.type", type);
        }

        return span;
    }

    /// <summary>A client's message that a registered handler takes: what the handler does is under it.</summary>
    public static Activity? StartHandler(string type) =>
        IsOn ? Source.StartActivity($"handle {type}", ActivityKind.Consumer) : null;

    /// <summary>Says where the message stands, or why it was refused.</summary>
    public static void End(Activity span, RoomMessage? message, string? refusal)
    {
        if (message is not null)
        {
            span.SetTag("messaging.message.id", message.Id.ToString());
            span.SetTag("causeway.message.offset", message.Offset);
        }
        else
        {
            span.SetTag("error.type", refusal);
            span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>A loop has given a batch to its members.</summary>
    public static void Delivered(RoomBatch batch, DateTimeOffset begun, DateTimeOffset ended, int loop, int members)
    {
        var left = MaxPerBatch;
        foreach (var message in batch.Messages)
        {
            if (message.Span is not { Recorded: true } publish)
            {
                continue;
            }

            using var span = Source.StartActivity("deliver", ActivityKind.Consumer, publish.Context, startTime: begun);
            if (span is { IsAllDataRequested: true })
            {
                span.SetTag("messaging.system", "causeway");
                span.SetTag("messaging.operation.type", "process");
                span.SetTag("messaging.batch.message_count", batch.Count);
                span.SetTag("messaging.destination.name", batch.Room.Id.Value);
                span.SetTag("causeway.loop", loop);
                span.SetTag("causeway.members", members);
                span.SetEndTime(ended.UtcDateTime);
            }

            if (--left == 0)
            {
                return;
            }
        }
    }
}
