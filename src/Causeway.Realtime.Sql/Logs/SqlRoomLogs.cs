using System.Collections.Concurrent;
using System.Security.Cryptography;
using Causeway.Data;

namespace Causeway.Realtime.Sql;

/// <summary>The logs of durable rooms in the database: the only place with their SQL, but for retention.</summary>
internal sealed class SqlRoomLogs(Database database, TimeProvider time, IRoomLogFollower? follower = null) : IRoomLogStore
{
    /// <summary>How long a key is remembered.</summary>
    public static readonly TimeSpan KeysAreKept = TimeSpan.FromHours(24);

    // How far back "used" may lie for a log that is used: so seldom is it written.
    private static readonly TimeSpan UseIsNoted = TimeSpan.FromHours(6);

    private readonly AppendStatements _statements = AppendStatements.For(database.Provider);

    /// <summary>Logs that may hold more than is kept: those that were opened or appended to since retention looked last.</summary>
    public ConcurrentDictionary<long, byte> Grown { get; } = new();

    public Task<RoomLogHead> OpenAsync(RoomId room, RoomLogLimits limits, CancellationToken cancellationToken) => UnavailableOr(async () =>
    {
        var log = await FindOrCreateAsync(room, limits, cancellationToken).ConfigureAwait(false);
        var rows = await database.QueryAsync<MessageRow>(
            $"SELECT {MessageRow.Columns} FROM room_messages WHERE log = @Log ORDER BY position DESC LIMIT @limit",
            new { log.Log, limit = (long)limits.Messages }, cancellationToken).ConfigureAwait(false);
        Grown[log.Log] = 0;

        // The first that is too old ends it, whatever lies before: positions have no holes.
        var oldest = (time.GetUtcNow() - limits.Age).ToUnixTimeMilliseconds();
        var kept = rows.TakeWhile(row => row.SentAt >= oldest).Select(static row => row.ToMessage()).Reverse().ToList();

        // Another node may have appended between the two questions.
        return new RoomLogHead(log.Epoch, rows.Count > 0 ? Math.Max(log.Newest, rows[0].Position) : log.Newest, kept);
    });

    public Task<bool> ExistsAsync(RoomId room, CancellationToken cancellationToken) => UnavailableOr(async () =>
        await database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM room_logs WHERE room_id = @room", new { room = room.Value }, cancellationToken).ConfigureAwait(false) > 0);

    public async Task<IReadOnlyList<RoomLogAppended>> AppendAsync(IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken)
    {
        AppendPlan? plan = null;
        try
        {
            await database.WriteAsync(
                async (unit, token) =>
                {
                    plan = await PlanAsync(unit, messages, token).ConfigureAwait(false);
                    if (plan.Messages.Count > 0)
                    {
                        await WriteAsync(unit, plan, token).ConfigureAwait(false);
                        await FollowAsync(unit, messages, plan.Results, token).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DatabaseUnavailableException exception)
        {
            throw new RoomLogUnavailableException(exception.Message, exception) { Doubtful = exception.MayBeDone ? plan?.Results : null };
        }

        foreach (var change in plan!.Changes)
        {
            Grown[change.Log] = 0;
        }

        return plan.Results;
    }

    public Task<bool?> ConfirmAsync(IReadOnlyList<RoomLogAppended> doubtful, IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken) => UnavailableOr(() => database.WriteAsync(
        async (unit, token) =>
        {
            // With the logs locked: a commit whose client is gone may be under way still, and is over then.
            var logs = await LockAsync(unit, messages, token).ConfigureAwait(false);
            var isKnown = true;
            for (var i = 0; i < doubtful.Count; i++)
            {
                if (doubtful[i].Status != RoomLogAppendStatus.Appended)
                {
                    continue;
                }

                // One for all: they were in one transaction.
                isKnown = false;
                if (logs.TryGetValue(messages[i].Room.Value, out var log) && log.Epoch == messages[i].Epoch)
                {
                    if (log.Newest < doubtful[i].Offset)
                    {
                        return false;
                    }

                    if (await unit.QuerySingleOrDefaultAsync<byte[]>(
                        "SELECT id FROM room_messages WHERE log = @Log AND position = @Offset", new { log.Log, doubtful[i].Offset }, token).ConfigureAwait(false) is { } id)
                    {
                        return new Guid(id, bigEndian: true) == doubtful[i].Id;
                    }
                }
            }

            return isKnown ? true : (bool?)null;
        },
        cancellationToken));

    public Task<IReadOnlyList<RoomLogMessage>> ReadAsync(RoomId room, string epoch, long? after, long? before, int limit, CancellationToken cancellationToken) => UnavailableOr<IReadOnlyList<RoomLogMessage>>(async () =>
    {
        var rows = await database.QueryAsync<MessageRow>(
            $"""
            SELECT {MessageRow.Columns} FROM room_messages
            WHERE log = (SELECT log FROM room_logs WHERE room_id = @room AND epoch = @epoch) AND position > @after AND position < @before
            ORDER BY position {(after is null ? "DESC" : "ASC")} LIMIT @limit
            """,
            new { room = room.Value, epoch, after = after ?? 0, before = before ?? long.MaxValue, limit = (long)limit }, cancellationToken).ConfigureAwait(false);
        if (after is null)
        {
            rows.Reverse();
        }

        return rows.ConvertAll(static row => row.ToMessage());
    });

    public Task<IReadOnlyList<RoomLogPosition>> PositionsAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken) => UnavailableOr<IReadOnlyList<RoomLogPosition>>(async () =>
    {
        var rows = await database.QueryAsync<LogRow>(_statements.FindMany, new { rooms = rooms.Select(static room => room.Value).ToArray() }, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => new RoomLogPosition(RoomId.Parse(row.RoomId!, null), row.Epoch, row.Newest));
    });

    public Task<bool> DeleteAsync(RoomId room, CancellationToken cancellationToken) =>
        UnavailableOr(() => database.WriteAsync((unit, token) => DeleteAsync(unit, room, token), cancellationToken));

    /// <summary>Ends a log. Its messages go later, piece by piece.</summary>
    public static async Task<bool> DeleteAsync(UnitOfWork unit, RoomId room, CancellationToken cancellationToken) =>
        await unit.ExecuteAsync("UPDATE room_logs SET room_id = NULL, next_expiry = 0 WHERE room_id = @room", new { room = room.Value }, cancellationToken).ConfigureAwait(false) > 0;

    private async Task<LogRow> FindOrCreateAsync(RoomId room, RoomLogLimits limits, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (keepCount, keepMs) = ((long)limits.Messages, (long)limits.Age.TotalMilliseconds);
        var found = await database.QuerySingleOrDefaultAsync<LogRow>(
            "SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id = @room AND used_at > @noted AND life IS NULL",
            new { room = room.Value, noted = (now - UseIsNoted).ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        if (limits.Durable && found is not null && (found.KeepCount, found.KeepMs) == (keepCount, keepMs))
        {
            return found;
        }

        var epoch = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        return await database.WriteAsync(
            async (unit, token) =>
            {
                var life = await FindOrCreateLifeAsync(unit, token).ConfigureAwait(false);
                await unit.ExecuteAsync(
                    "UPDATE room_logs SET room_id = NULL, next_expiry = 0 WHERE room_id = @room AND life IS NOT NULL AND life <> @life", new { room = room.Value, life }, token).ConfigureAwait(false);
                return (await unit.QuerySingleOrDefaultAsync<LogRow>(
                    """
                    INSERT INTO room_logs (room_id, epoch, newest, keep_count, keep_ms, next_expiry, used_at, life) VALUES (@room, @epoch, 0, @keepCount, @keepMs, NULL, @now, @life)
                    ON CONFLICT (room_id) DO UPDATE SET keep_count = excluded.keep_count, keep_ms = excluded.keep_ms, used_at = excluded.used_at, life = excluded.life
                    RETURNING log, room_id, epoch, newest, keep_count, keep_ms
                    """,
                    new { room = room.Value, epoch, keepCount, keepMs, now = now.ToUnixTimeMilliseconds(), life = limits.Durable ? null : life }, token).ConfigureAwait(false))!;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The life of logs that need not outlive a crash of the database: the table that has it is empty after one.</summary>
    private static Task<string?> FindLifeAsync(UnitOfWork unit, CancellationToken cancellationToken) =>
        unit.QuerySingleOrDefaultAsync<string>("SELECT life FROM room_log_lives", null, cancellationToken);

    private static async Task<string> FindOrCreateLifeAsync(UnitOfWork unit, CancellationToken cancellationToken)
    {
        if (await FindLifeAsync(unit, cancellationToken).ConfigureAwait(false) is { } life)
        {
            return life;
        }

        await unit.ExecuteAsync(
            "INSERT INTO room_log_lives (one, life) VALUES (1, @life) ON CONFLICT DO NOTHING", new { life = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)) }, cancellationToken).ConfigureAwait(false);
        return (await FindLifeAsync(unit, cancellationToken).ConfigureAwait(false))!;
    }

    private async Task<AppendPlan> PlanAsync(UnitOfWork unit, IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken)
    {
        var logs = await LockAsync(unit, messages, cancellationToken).ConfigureAwait(false);
        var keys = new Dictionary<(long, string), KeyRow>();
        foreach (var message in messages.Where(static message => message.Key is not null))
        {
            if (logs.TryGetValue(message.Room.Value, out var log) && !keys.ContainsKey((log.Log, message.Key!)) && await FindKeyAsync(unit, log.Log, message.Key!, cancellationToken).ConfigureAwait(false) is { } used)
            {
                keys.Add((log.Log, message.Key!), used);
            }
        }

        return new AppendPlan(messages, logs, keys);
    }

    /// <summary>The logs that messages are for, which nobody else appends to until the transaction ends.</summary>
    private async Task<Dictionary<string, LogRow>> LockAsync(UnitOfWork unit, IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken)
    {
        string[] rooms = [.. messages.Select(static message => message.Room.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return (await _statements.LockAsync(unit, rooms, !messages.Any(static message => message.Limits.Durable), cancellationToken).ConfigureAwait(false))
            .ToDictionary(static log => log.RoomId!, StringComparer.Ordinal);
    }

    private Task<KeyRow?> FindKeyAsync(UnitOfWork unit, long log, string key, CancellationToken cancellationToken) => unit.QuerySingleOrDefaultAsync<KeyRow>(
        "SELECT key, position, id, fingerprint FROM room_publish_keys WHERE log = @log AND key = @key AND expires_at > @now",
        new { log, key, now = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);

    private async Task WriteAsync(UnitOfWork unit, AppendPlan plan, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await _statements.WriteAsync(unit, plan, now.ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false);
        if (plan.Keys.Count > 0)
        {
            var expiresAt = (now + KeysAreKept).ToUnixTimeMilliseconds();
            await unit.ExecuteAsync(
                """
                INSERT INTO room_publish_keys (log, key, position, id, fingerprint, expires_at) VALUES (@Log, @Key, @Position, @Id, @Fingerprint, @expiresAt)
                ON CONFLICT (log, key) DO UPDATE SET position = excluded.position, id = excluded.id, fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
                """,
                plan.Keys.Select(key => new { key.Log, key.Key, key.Position, key.Id, key.Fingerprint, expiresAt }), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(UnitOfWork unit, IReadOnlyList<RoomLogAppend> messages, IReadOnlyList<RoomLogAppended> results, CancellationToken cancellationToken)
    {
        if (follower is null)
        {
            return;
        }

        var followed = new List<FollowedMessage>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (results[i].Status == RoomLogAppendStatus.Appended && follower.Follows(messages[i].Room))
            {
                followed.Add(new FollowedMessage(messages[i].Room, messages[i].Epoch, messages[i].Message with { Offset = results[i].Offset }));
            }
        }

        if (followed.Count > 0)
        {
            await follower.FollowAsync(unit, followed, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Has a database that can't be used be what callers of the stores know.</summary>
    public static async Task<T> UnavailableOr<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseUnavailableException exception)
        {
            throw new RoomLogUnavailableException(exception.Message, exception);
        }
    }
}
