using System.Collections.Concurrent;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>
/// Puts what is published to durable rooms into their logs, all rooms' through one queue: while a commit is under way more gathers, and the next takes all of it. A message goes to the members,
/// and its publisher is told, after the commit, while the next one is under way; one that could not be stored is refused, and has used no offset.
/// </summary>
internal sealed class RoomLogWriter(LiveCore core, IRoomLogStore store) : IThreadPoolWorkItem, IDisposable
{
    private const int MaxBatchMessages = 1_000;
    private const int MaxBatchBytes = 4 * 1024 * 1024;
    private const int MaxQueuedMessages = 20_000;
    private const long MaxQueuedBytes = 64 * 1024 * 1024;
    private const int GapPage = 1_000;

    /// <summary>How long an append may take, and a publisher be kept in doubt.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How much longer a commit may take that can't be stopped any more, before its publishers are told that nobody knows.</summary>
    private static readonly TimeSpan CommitGrace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<PendingPublish> _queue = new();

    // Of what is being stored: another node's wake-up may have it read back before its own writer delivers it.
    private readonly ConcurrentDictionary<Guid, Membership> _excluded = new();
    private readonly CancellationTokenSource _stop = new();
    private long _queuedBytes;
    private bool _running;
    private Stage _stalled;
    private bool _failing;
    private Task _delivering = Task.CompletedTask;

    /// <summary>What becomes of a batch, one after the other; of two batches at the same time.</summary>
    [Flags]
    private enum Stage
    {
        None = 0,
        Storing = 1,
        Delivering = 2,
    }

    /// <summary>Messages that wait for the log.</summary>
    public int Queued
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Queues a publish to an open room. Those of one thread are stored in its order.</summary>
    /// <returns>What became of it, when that is known.</returns>
    public ValueTask<PublishOutcome> PublishAsync(Room room, in RoomPublish publish)
    {
        var pending = new PendingPublish(core, room, publish);
        lock (_gate)
        {
            if (_stalled != Stage.None || _queue.Count >= MaxQueuedMessages || _queuedBytes + pending.Bytes > MaxQueuedBytes)
            {
                return ValueTask.FromResult(PublishOutcome.Refused(_stalled != Stage.None ? Refusals.LogUnavailable : Refusals.LogBusy));
            }

            if (!room.Opening!.TryBeginPublish())
            {
                return ValueTask.FromResult(PublishOutcome.RoomGone);
            }

            _queue.Enqueue(pending);
            _queuedBytes += pending.Bytes;
            if (!_running)
            {
                // Without the publisher's context: what is written is not a part of what it does.
                _running = true;
                core.Pool.Queue(this);
            }
        }

        return new ValueTask<PublishOutcome>(pending.Done);
    }

    /// <summary>The member that does not want to hear a message which is under way.</summary>
    public Membership? ExcludedOf(Guid message) => _excluded.GetValueOrDefault(message);

    public void Dispose() => _stop.Cancel();

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        while (TakeBatch() is { } batch)
        {
            if (await StoreAsync(batch).ConfigureAwait(false) is { } stored)
            {
                // In the order in which they were stored, and no third one is stored meanwhile.
                await DeliveredAsync(batch).ConfigureAwait(false);
                _delivering = core.Pool.Run(() => DeliverAsync(batch, stored));
            }
            else
            {
                Refuse(batch, Refusals.LogUnavailable);
                End(batch);
            }
        }
    }

    /// <summary>The batch before this one is delivered. Publishers don't wait long for that.</summary>
    private async Task DeliveredAsync(List<PendingPublish> batch)
    {
        try
        {
            await _delivering.WaitAsync(Patience, core.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Refuse(batch, Refusals.LogInDoubt);
            await _delivering.ConfigureAwait(false);
        }
    }

    private List<PendingPublish>? TakeBatch()
    {
        lock (_gate)
        {
            if (_queue.Count == 0)
            {
                _running = false;
                return null;
            }

            var batch = new List<PendingPublish>(Math.Min(_queue.Count, MaxBatchMessages));
            var bytes = 0L;
            while (batch.Count < MaxBatchMessages && _queue.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Bytes <= MaxBatchBytes))
            {
                batch.Add(_queue.Dequeue());
                bytes += next.Bytes;
            }

            _queuedBytes -= bytes;
            return batch;
        }
    }

    private void Remember(PendingPublish pending)
    {
        if (pending.Excluded is { } excluded)
        {
            _excluded[pending.Message.Id] = excluded;
        }
    }

    /// <summary>Stores a batch; null when nothing of it was stored, or nobody will ever know.</summary>
    private async Task<IReadOnlyList<RoomLogAppended>?> StoreAsync(List<PendingPublish> batch)
    {
        try
        {
            var begun = core.Time.GetTimestamp();
            var messages = batch.ConvertAll(static pending => pending.ToAppend());
            batch.ForEach(Remember);
            var stored = await AppendAsync(batch, messages).ConfigureAwait(false);
            if (stored is not null)
            {
                core.Metrics.CountStored(batch.Count, core.Time.GetElapsedTime(begun));
            }

            return stored;
        }
        catch (Exception exception)
        {
            // Whatever it was, nobody may wait for ever, and the next batch is another one.
            core.Logger.RoomLogFailed(batch.Count, exception);
            return null;
        }
    }

    private async Task<IReadOnlyList<RoomLogAppended>?> AppendAsync(List<PendingPublish> batch, List<RoomLogAppend> messages)
    {
        IReadOnlyList<RoomLogAppended>? stored;
        try
        {
            stored = await AppendInTimeAsync(batch, messages).ConfigureAwait(false);
        }
        catch (RoomLogUnavailableException exception) when (exception.Doubtful is { } doubtful)
        {
            Failed(batch.Count, exception);
            var isStored = await UntilItAnswersAsync(Stage.Storing, batch, token => store.ConfirmAsync(doubtful, messages, token)).ConfigureAwait(false);
            stored = isStored == true ? doubtful : null;
            if (isStored is null)
            {
                Refuse(batch, Refusals.LogInDoubt);
            }
        }
        catch (Exception exception) when (exception is RoomLogUnavailableException or OperationCanceledException)
        {
            Failed(batch.Count, exception);
            return null;
        }
        finally
        {
            GoOn(Stage.Storing);
        }

        if (_failing)
        {
            _failing = false;
            core.Logger.RoomLogIsBack();
        }

        return stored;
    }

    private async Task<IReadOnlyList<RoomLogAppended>> AppendInTimeAsync(List<PendingPublish> batch, List<RoomLogAppend> messages)
    {
        using var patience = new CancellationTokenSource(Patience, core.Time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        var appending = store.AppendAsync(messages, giveUp.Token);
        try
        {
            return await appending.WaitAsync(Patience + CommitGrace, core.Time).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!appending.IsCompleted)
        {
            // A commit that hangs may still be done. Nothing else can be stored until that is known.
            Stall(Stage.Storing, batch);
            return await appending.ConfigureAwait(false);
        }
    }

    /// <summary>Asks the store until it answers. Publishers don't wait that long.</summary>
    private async Task<T> UntilItAnswersAsync<T>(Stage stage, List<PendingPublish> batch, Func<CancellationToken, Task<T>> ask)
    {
        var begun = core.Time.GetTimestamp();
        for (var wait = FirstRetry; ; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                using var patience = new CancellationTokenSource(Patience, core.Time);
                using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
                return await ask(giveUp.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is RoomLogUnavailableException or OperationCanceledException && !_stop.IsCancellationRequested)
            {
                if (core.Time.GetElapsedTime(begun) > Patience)
                {
                    Stall(stage, batch);
                }
            }

            await core.Pool.Delay(wait, core.Time, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Gives what was stored to the rooms, and tells the publishers.</summary>
    private async Task DeliverAsync(List<PendingPublish> batch, IReadOnlyList<RoomLogAppended> stored)
    {
        try
        {
            await DeliverStoredAsync(batch, stored).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            core.Logger.RoomLogFailed(batch.Count, exception);
            Refuse(batch, Refusals.LogInDoubt);
        }
        finally
        {
            End(batch);
        }
    }

    private async Task DeliverStoredAsync(List<PendingPublish> batch, IReadOnlyList<RoomLogAppended> stored)
    {
        var byRoom = new Dictionary<Room, List<(PendingPublish Publish, RoomMessage Message)>>();
        for (var i = 0; i < batch.Count; i++)
        {
            var (pending, result) = (batch[i], stored[i]);
            switch (result.Status)
            {
                case RoomLogAppendStatus.Appended:
                    if (!byRoom.TryGetValue(pending.Room, out var messages))
                    {
                        byRoom.Add(pending.Room, messages = []);
                    }

                    messages.Add((pending, pending.Room.Encode(pending.Message with { Offset = result.Offset }, pending.Room.Epoch, pending.PublishedAt, pending.Excluded)));
                    break;
                case RoomLogAppendStatus.Repeated:
                    pending.Complete(PublishOutcome.Repeat(result.Id, result.Offset, pending.Room.Epoch));
                    break;
                case RoomLogAppendStatus.KeyReused:
                    pending.Complete(PublishOutcome.Refused(Refusals.KeyReused));
                    break;
                default:
                    // Its log was deleted, on another node perhaps: whoever publishes next finds a new room.
                    if (!pending.Room.IsClosed)
                    {
                        await core.Lookup.CloseGoneAsync(pending.Room).ConfigureAwait(false);
                    }

                    pending.Complete(PublishOutcome.RoomGone);
                    break;
            }
        }

        foreach (var (room, messages) in byRoom)
        {
            await FillGapAsync(batch, room, messages[0].Message.Offset).ConfigureAwait(false);
            room.TakeStored(messages.ConvertAll(static entry => new PublishedMessage(entry.Message, entry.Publish.Excluded, entry.Publish.Span)));
            core.Cluster?.Advanced(room, room.Epoch, messages[^1].Message.Offset);
            foreach (var (publish, message) in messages)
            {
                publish.Complete(new PublishOutcome(message, room.Epoch, null));
            }
        }
    }

    /// <summary>Where another node has published to the room meanwhile, that comes first.</summary>
    private async Task FillGapAsync(List<PendingPublish> batch, Room room, long next)
    {
        try
        {
            while (room.NewestOffset + 1 < next)
            {
                var after = room.NewestOffset;
                var missed = await UntilItAnswersAsync(Stage.Delivering, batch, token => store.ReadAsync(room.Id, room.Epoch, after, next, GapPage, token)).ConfigureAwait(false);
                if (missed.Count == 0)
                {
                    return;
                }

                room.TakeStored(core.Logs!.Encode(room, missed));
            }
        }
        finally
        {
            GoOn(Stage.Delivering);
        }
    }

    /// <summary>Nobody knows when a batch is through, and no other is meanwhile: those who wait are told so, and newcomers at once.</summary>
    private void Stall(Stage stage, List<PendingPublish> batch)
    {
        Refuse(batch, Refusals.LogInDoubt);
        PendingPublish[] waiting;
        lock (_gate)
        {
            _stalled |= stage;
            waiting = [.. _queue];
            _queue.Clear();
            _queuedBytes = 0;
        }

        Refuse(waiting, Refusals.LogUnavailable);
        Array.ForEach(waiting, static pending => pending.Room.Opening!.EndPublish());
    }

    private void GoOn(Stage stage)
    {
        lock (_gate)
        {
            _stalled &= ~stage;
        }
    }

    private void Failed(int messages, Exception exception)
    {
        if (!_failing)
        {
            _failing = true;
            core.Logger.RoomLogUnavailable(messages, exception);
        }
    }

    private void End(List<PendingPublish> batch) => batch.ForEach(pending =>
    {
        _excluded.TryRemove(pending.Message.Id, out _);
        pending.Room.Opening!.EndPublish();
    });

    /// <summary>Those who were told something before keep that.</summary>
    private static void Refuse(IEnumerable<PendingPublish> batch, ApiError error)
    {
        foreach (var pending in batch)
        {
            pending.Complete(PublishOutcome.Refused(error));
        }
    }
}
