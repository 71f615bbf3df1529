using System.Diagnostics;

namespace Causeway.Realtime;

/// <summary>A publish to a durable room on its way: it waits for the log, and is told once its message is stored and on its way to the members.</summary>
internal sealed class PendingPublish
{
    private readonly RoomPublish _publish;
    private readonly TaskCompletionSource<PublishOutcome> _done;

    public PendingPublish(LiveCore core, Room room, in RoomPublish publish)
    {
        (Room, _publish, PublishedAt) = (room, publish, core.Time.GetTimestamp());
        _done = new TaskCompletionSource<PublishOutcome>(core.Pool.Completion);
        var sentAt = core.Time.GetUtcNow();
        Message = new RoomLogMessage
        {
            Offset = 0,
            Id = MessageId.New(sentAt),
            Type = publish.Type,
            ConflateKey = publish.ConflateKey,
            Sender = publish.From,
            SentAt = DateTimeOffset.FromUnixTimeMilliseconds(sentAt.ToUnixTimeMilliseconds()),
            Payload = publish.Payload,
        };
    }

    public Room Room { get; }

    public Task<PublishOutcome> Done => _done.Task;

    public Membership? Excluded => _publish.Excluded;

    public Activity? Span => _publish.Span;

    public int Bytes => _publish.Payload.Length + (_publish.From?.Length ?? 0);

    /// <summary><see cref="TimeProvider.GetTimestamp"/> at the publish.</summary>
    public long PublishedAt { get; }

    public RoomLogMessage Message { get; }

    public RoomLogAppend ToAppend() => new(Room.Id, Room.Epoch, Room.LogLimits, Message)
    {
        Key = _publish.IdempotencyKey,
        Fingerprint = _publish.IdempotencyKey is null ? null : _publish.Fingerprint(),
    };

    public void Complete(in PublishOutcome outcome) => _done.TrySetResult(outcome);
}
