using Causeway.Data;

namespace Causeway.Realtime.Sql;

/// <summary>Keeps the logs of durable rooms as short as their namespaces say, and lets go of what nobody uses.</summary>
public sealed class RoomLogUpkeep
{
    // In one write: others wait for no more than this.
    private const int AtOnce = 1_000;
    private const int LogsAtOnce = 100;

    // An empty log that nobody has opened for so long is forgotten, as a room in memory is.
    private static readonly TimeSpan EmptyIsKept = TimeSpan.FromDays(7);

    private readonly Database _database;
    private readonly SqlRoomLogs _logs;
    private readonly Rooms _rooms;
    private readonly TimeProvider _time;

    internal RoomLogUpkeep(Database database, SqlRoomLogs logs, Rooms rooms, TimeProvider time) => (_database, _logs, _rooms, _time) = (database, logs, rooms, time);

    /// <summary>Deletes messages that are over the limits of their rooms, and those of deleted rooms, some at a time. To be called every few seconds.</summary>
    /// <param name="cancellationToken">Stops it between two pieces.</param>
    /// <returns>How many messages it deleted.</returns>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment; what is left is done the next time.</exception>
    public async Task<int> TrimAsync(CancellationToken cancellationToken = default)
    {
        var deleted = 0;
        foreach (var log in _logs.Grown.Keys)
        {
            _logs.Grown.TryRemove(log, out _);
            try
            {
                deleted += await UntilDoneAsync(token => TrimByCountAsync(log, token), cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                _logs.Grown[log] = 0;
                throw;
            }
        }

        while (true)
        {
            var due = await _database.QueryAsync<long>(
                "SELECT log FROM room_logs WHERE next_expiry <= @now ORDER BY next_expiry LIMIT @limit", new { now = Now, limit = (long)LogsAtOnce }, cancellationToken).ConfigureAwait(false);
            foreach (var log in due)
            {
                deleted += await UntilDoneAsync(token => TrimByAgeAsync(log, token), cancellationToken).ConfigureAwait(false);
            }

            if (due.Count < LogsAtOnce)
            {
                return deleted;
            }
        }
    }

    /// <summary>Deletes keys that have expired, and empty logs that nobody has used for a week. To be called every hour or so.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment.</exception>
    public async Task ForgetAsync(CancellationToken cancellationToken = default)
    {
        await _database.ExecuteAsync("DELETE FROM room_publish_keys WHERE expires_at <= @now", new { now = Now }, cancellationToken).ConfigureAwait(false);

        // A room may be open for months without a word.
        var now = Now;

        // Many rows in one transaction: it must not wait for one that is appended to, whose use is noted there.
        var locks = _database.Provider == DatabaseProvider.Postgres ? " FOR UPDATE SKIP LOCKED" : "";
        foreach (var rooms in _rooms.List().Where(static room => room.Durable).Chunk(AtOnce))
        {
            await _database.WriteAsync(
                (unit, token) => unit.ExecuteAsync(
                    $"UPDATE room_logs SET used_at = @now WHERE log IN (SELECT log FROM room_logs WHERE room_id = @room AND used_at < @yesterday{locks})",
                    rooms.Select(room => new { room = room.Id.Value, now, yesterday = now - (long)TimeSpan.FromDays(1).TotalMilliseconds }), token),
                cancellationToken).ConfigureAwait(false);
        }

        await _database.ExecuteAsync(
            "DELETE FROM room_logs WHERE next_expiry IS NULL AND used_at < @before", new { before = now - (long)EmptyIsKept.TotalMilliseconds }, cancellationToken).ConfigureAwait(false);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static async Task<int> UntilDoneAsync(Func<CancellationToken, Task<(int Deleted, bool IsDone)>> step, CancellationToken cancellationToken)
    {
        for (var deleted = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (count, isDone) = await step(cancellationToken).ConfigureAwait(false);
            deleted += count;
            if (isDone)
            {
                return deleted;
            }
        }
    }

    private async Task<(int Deleted, bool IsDone)> TrimByCountAsync(long log, CancellationToken cancellationToken)
    {
        var kept = await _database.QuerySingleOrDefaultAsync<Bounds>(
            "SELECT newest - keep_count AS last, (SELECT MIN(position) FROM room_messages m WHERE m.log = l.log) AS first FROM room_logs l WHERE log = @log", new { log }, cancellationToken).ConfigureAwait(false);
        if (kept?.First is not { } first || first > kept.Last)
        {
            return (0, true);
        }

        var last = Math.Min(kept.Last, first + AtOnce - 1);
        var count = await _database.ExecuteAsync("DELETE FROM room_messages WHERE log = @log AND position <= @last", new { log, last }, cancellationToken).ConfigureAwait(false);
        return (count, last == kept.Last);
    }

    /// <summary>One piece of what is too old, or of a log that was deleted.</summary>
    private Task<(int Deleted, bool IsDone)> TrimByAgeAsync(long log, CancellationToken cancellationToken) => _database.WriteAsync(
        async (unit, token) =>
        {
            // Locked as an append does it, so that it can't be appended to between the look and the note of when to look again.
            unit.LimitStandstill();
            if (await unit.QuerySingleOrDefaultAsync<LogRow>(
                $"SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE log = @log{(unit.Provider == DatabaseProvider.Postgres ? " FOR UPDATE" : "")}", new { log }, token).ConfigureAwait(false) is not { } row)
            {
                return (0, true);
            }

            var oldest = await unit.QueryAsync<Age>(
                "SELECT position, sent_at FROM room_messages WHERE log = @log ORDER BY position LIMIT @limit", new { log, limit = AtOnce + 1L }, token).ConfigureAwait(false);
            var cutoff = row.RoomId is null ? long.MaxValue : Now - row.KeepMs;
            var expired = oldest.Take(AtOnce).TakeWhile(message => message.SentAt < cutoff).Count();
            if (expired > 0)
            {
                await unit.ExecuteAsync("DELETE FROM room_messages WHERE log = @log AND position <= @last", new { log, last = oldest[expired - 1].Position }, token).ConfigureAwait(false);
            }

            if (expired < oldest.Count)
            {
                var isDone = expired < AtOnce;
                await unit.ExecuteAsync(
                    "UPDATE room_logs SET next_expiry = @next WHERE log = @log", new { log, next = row.RoomId is null ? 0 : oldest[expired].SentAt + row.KeepMs + 1 }, token).ConfigureAwait(false);
                return (expired, isDone);
            }

            await unit.ExecuteAsync(
                row.RoomId is null ? "DELETE FROM room_publish_keys WHERE log = @log; DELETE FROM room_logs WHERE log = @log" : "UPDATE room_logs SET next_expiry = NULL WHERE log = @log",
                new { log }, token).ConfigureAwait(false);
            return (expired, true);
        },
        cancellationToken);

    private sealed record Bounds
    {
        public long Last { get; init; }

        public long? First { get; init; }
    }

    private sealed record Age
    {
        public long Position { get; init; }

        public long SentAt { get; init; }
    }
}
