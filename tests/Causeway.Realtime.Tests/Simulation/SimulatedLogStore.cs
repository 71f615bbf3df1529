namespace Causeway.Realtime.Tests;

/// <summary>The logs in the shared database as one node asks for them, with as many transactions as the SQL store has.</summary>
internal sealed class SimulatedLogStore(SimulatedDatabase database, SimulatedProcess node) : IRoomLogStore
{
    public async Task<RoomLogHead> OpenAsync(RoomId room, RoomLogLimits limits, CancellationToken cancellationToken)
    {
        var (log, newest) = await database.AskAsync(node, () => FindOrCreate(room.Value, limits), cancellationToken);
        database.Note($"{node.Name} opens {room.Value} {log.Epoch} at {newest}");

        // Another node may append between the two questions.
        var messages = await database.AskAsync(node, () => log.After(log.Newest - limits.Messages).ToList(), cancellationToken);
        return new RoomLogHead(log.Epoch, messages.Count > 0 ? Math.Max(newest, messages[^1].Offset) : newest, messages);
    }

    public Task<bool> ExistsAsync(RoomId room, CancellationToken cancellationToken) => database.AskAsync(node, () => database.Find(room.Value) is not null, cancellationToken);

    public Task<IReadOnlyList<RoomLogAppended>> AppendAsync(IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken) =>
        database.AskAsync(node, () => (IReadOnlyList<RoomLogAppended>)[.. messages.Select(Append)], cancellationToken, static appended => appended);

    public Task<bool?> ConfirmAsync(IReadOnlyList<RoomLogAppended> doubtful, IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken) => database.AskAsync<bool?>(
        node,
        () =>
        {
            bool? isStored = true;
            for (var i = 0; i < doubtful.Count; i++)
            {
                if (doubtful[i].Status != RoomLogAppendStatus.Appended)
                {
                    continue;
                }

                isStored = null;
                if (database.Find(messages[i].Room.Value) is { } log && IsAlive(log) && log.Epoch == messages[i].Epoch && doubtful[i].Offset > log.Pruned)
                {
                    return log.After(doubtful[i].Offset - 1).FirstOrDefault()?.Id == doubtful[i].Id;
                }
            }

            return isStored;
        },
        cancellationToken);

    public Task<IReadOnlyList<RoomLogMessage>> ReadAsync(RoomId room, string epoch, long? after, long? before, int limit, CancellationToken cancellationToken) => database.AskAsync<IReadOnlyList<RoomLogMessage>>(
        node,
        () =>
        {
            if (database.Find(room.Value) is not { } log || log.Epoch != epoch)
            {
                return [];
            }

            var between = log.After(after ?? 0).TakeWhile(message => message.Offset < (before ?? long.MaxValue));
            List<RoomLogMessage> read = [.. after is null ? between.TakeLast(limit) : between.Take(limit)];
            database.Note($"{node.Name} reads {room.Value} {epoch} after {after ?? 0}: {read.Count} of {log.Pruned} to {log.Newest}");
            return read;
        },
        cancellationToken);

    public Task<IReadOnlyList<RoomLogPosition>> PositionsAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken) => database.AskAsync<IReadOnlyList<RoomLogPosition>>(
        node,
        () => [.. rooms.Select(room => database.Find(room.Value)).OfType<SimulatedLog>().Where(IsAlive).Select(static log => new RoomLogPosition(RoomId.Parse(log.Room, null), log.Epoch, log.Newest))],
        cancellationToken);

    public Task<bool> DeleteAsync(RoomId room, CancellationToken cancellationToken) => database.AskAsync(
        node,
        () =>
        {
            if (database.Find(room.Value) is not { } log)
            {
                return false;
            }

            return log.IsDeleted = true;
        },
        cancellationToken);

    private bool IsAlive(SimulatedLog log) => log.Life is null || log.Life == database.Life;

    private (SimulatedLog Log, long Newest) FindOrCreate(string room, RoomLogLimits limits)
    {
        if (database.Find(room) is { } found)
        {
            if (IsAlive(found))
            {
                (found.Kept, found.Life) = (limits.Messages, limits.Durable ? null : database.Life);
                return (found, found.Newest);
            }

            found.IsDeleted = true;
        }

        var log = new SimulatedLog(room, database.NewEpoch()) { Kept = limits.Messages, Life = limits.Durable ? null : database.Life };
        database.Logs.Add(log);
        return (log, 0);
    }

    private RoomLogAppended Append(RoomLogAppend append)
    {
        if (database.Find(append.Room.Value) is not { } log || !IsAlive(log) || log.Epoch != append.Epoch)
        {
            return new RoomLogAppended(RoomLogAppendStatus.Gone, 0, default);
        }

        if (append.Key is { } key && log.Keys.TryGetValue(key, out var first))
        {
            return append.Fingerprint.AsSpan().SequenceEqual(first.Fingerprint)
                ? new RoomLogAppended(RoomLogAppendStatus.Repeated, first.Message.Offset, first.Message.Id)
                : new RoomLogAppended(RoomLogAppendStatus.KeyReused, 0, default);
        }

        var message = append.Message with { Offset = log.Newest + 1 };
        log.Messages.Add(message);
        if (append.Key is not null)
        {
            log.Keys.Add(append.Key, (append.Fingerprint!, message));
        }

        return new RoomLogAppended(RoomLogAppendStatus.Appended, message.Offset, message.Id);
    }
}
