using System.Diagnostics;

namespace Causeway.Realtime;

/// <summary>A publish to a durable room on its way: it waits for the log, and is told once its message is stored and on its way to the members.</summary>
internal sealed class PendingPublish(Room room, RoomPublish publish, DateTimeOffset sentAt, long publishedAt)
{
    private readonly TaskCompletionSource<PublishOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Room Room => room;

    public Task<PublishOutcome> Done => _done.Task;

    public Membership? Excluded => publish.Excluded;

    public Activity? Span => publish.Span;

    public int Bytes => publish.Payload.Length + (publish.From?.Length ?? 0);

    /// <summary><see cref="TimeProvider.GetTimestamp"/> at the publish.</summary>
    public long PublishedAt => publishedAt;

    public RoomLogMessage Message { get; } = new()
    {
        Offset = 0,
        Id = Guid.CreateVersion7(sentAt),
        Type = publish.Type,
        ConflateKey = publish.ConflateKey,
        Sender = publish.From,
        SentAt = DateTimeOffset.FromUnixTimeMilliseconds(sentAt.ToUnixTimeMilliseconds()),
        Payload = publish.Payload,
    };

    public RoomLogAppend ToAppend() => new(room.Id, room.Epoch, room.LogLimits, Message)
    {
        Key = publish.IdempotencyKey,
        Fingerprint = publish.IdempotencyKey is null ? null : publish.Fingerprint(),
    };

    public void Complete(in PublishOutcome outcome) => _done.TrySetResult(outcome);
}
