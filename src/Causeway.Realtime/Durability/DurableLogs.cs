using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The logs of durable rooms: kept in a store, with their newest messages in memory while a room is open.</summary>
internal sealed class DurableLogs(LiveCore core, IRoomLogStore store) : IDisposable
{
    /// <summary>How long the store may take to open or read a log.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a room that nobody is in stays open: what was opened for one question is there for the next.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(60);

    public RoomLogWriter Writer { get; } = new(core, store);

    /// <summary>Reads a room's log into it, on another thread and in nobody's context: it is read for all who come.</summary>
    /// <returns>Null, or why not; then the room is as it was, and may be tried again.</returns>
    public Task<ApiError?> StartLoading(Room room)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return core.Pool.Run(() => LoadAsync(room));
        }

        using (ExecutionContext.SuppressFlow())
        {
            return core.Pool.Run(() => LoadAsync(room));
        }
    }

    private async Task<ApiError?> LoadAsync(Room room)
    {
        try
        {
            if (core.Cluster is { } cluster)
            {
                await cluster.FollowAsync(room).ConfigureAwait(false);
                if (room.Rules.Presence)
                {
                    var words = room.Attendance.Words;
                    room.Attendance.Take(await InTimeAsync(token => cluster.ReadPresenceAsync(room.Id, token)).ConfigureAwait(false), words);
                }
            }

            if (!room.IsStored)
            {
                room.Open(null, []);
                return null;
            }

            var head = await InTimeAsync(token => store.OpenAsync(room.Id, room.LogLimits, token)).ConfigureAwait(false);
            var (now, timestamp) = (core.Time.GetUtcNow(), core.Time.GetTimestamp());
            if (room.Open(head, [.. head.Messages.Select(message => room.Encode(message, head.Epoch, timestamp - TicksOf(now - message.SentAt)))]) is { } heard)
            {
                await core.Cluster!.CatchUp.HeardAsync(room, head.Epoch, heard).ConfigureAwait(false);
            }

            return null;
        }
        catch (Exception exception)
        {
            room.Opening!.NotOpened();
            core.Logger.RoomLogNotOpened(room.Id.Value, exception);
            return Refusals.LogNotOpened(room.Id);
        }
    }

    /// <summary>Messages that another node has stored, as members get them; those of a publish that is under way here as its publisher wants them.</summary>
    public List<PublishedMessage> Encode(Room room, IReadOnlyList<RoomLogMessage> messages)
    {
        var now = core.Time.GetTimestamp();
        var epoch = room.Epoch;
        return [.. messages.Select(message =>
        {
            var excluded = Writer.ExcludedOf(message.Id);
            return new PublishedMessage(room.Encode(message, epoch, now, excluded), excluded, null);
        })];
    }

    /// <summary>Whether a room has a log, open or not.</summary>
    public Task<bool> ExistsAsync(RoomId room, CancellationToken cancellationToken) =>
        InTimeAsync(token => store.ExistsAsync(room, token)).WaitAsync(cancellationToken);

    /// <summary>Ends a room's log for good.</summary>
    public Task<bool> DeleteAsync(RoomId room, CancellationToken cancellationToken) =>
        InTimeAsync(token => store.DeleteAsync(room, token)).WaitAsync(cancellationToken);

    public void Dispose() => Writer.Dispose();

    private long TicksOf(TimeSpan span) => (long)(span.TotalSeconds * core.Time.TimestampFrequency);

    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> ask)
    {
        using var patience = new CancellationTokenSource(Patience, core.Time);
        try
        {
            return await ask(patience.Token).WaitAsync(Patience, core.Time).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            throw new RoomLogUnavailableException("The store of the room logs did not answer in time.", exception);
        }
    }
}
