using Causeway.Data;
using Microsoft.Data.Sqlite;

namespace Causeway.Realtime.Sql;

/// <summary>The statements of an append, which each database takes in another form: SQLite one row after the other on a prepared statement, PostgreSQL as arrays in few round trips.</summary>
internal abstract class AppendStatements
{
    private const string IsAlive = "(life IS NULL OR life = (SELECT life FROM room_log_lives))";
    private const string Columns = "log, position, id, type, conflate_key, sender, sent_at, payload";

    public static AppendStatements For(DatabaseProvider provider) => provider == DatabaseProvider.Postgres ? new Postgres() : new Sqlite();

    /// <summary>Has the transaction be over before it is on disk.</summary>
    public abstract Task RelaxAsync(UnitOfWork unit, CancellationToken cancellationToken);

    /// <summary>Finds the logs of <c>@rooms</c>, but those that a crash has ended.</summary>
    public abstract string FindMany { get; }

    /// <summary>The logs of some rooms, which nobody else appends to until the transaction ends.</summary>
    public abstract Task<IEnumerable<LogRow>> LockAsync(UnitOfWork unit, string[] rooms, CancellationToken cancellationToken);

    /// <summary>Writes messages, and where their logs stand after them.</summary>
    public abstract Task WriteAsync(UnitOfWork unit, AppendPlan plan, long now, CancellationToken cancellationToken);

    private sealed class Sqlite : AppendStatements
    {
        public override string FindMany => $"SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id IN @rooms AND {IsAlive}";

        // Its transactions are of many writers, each with what it was promised.
        public override Task RelaxAsync(UnitOfWork unit, CancellationToken cancellationToken) => Task.CompletedTask;

        public override async Task<IEnumerable<LogRow>> LockAsync(UnitOfWork unit, string[] rooms, CancellationToken cancellationToken)
        {
            // There is one writer: whatever is read in its transaction stays.
            var logs = new List<LogRow>(rooms.Length);
            foreach (var room in rooms)
            {
                logs.AddRange(await unit.QueryAsync<LogRow>(
                    "SELECT log, room_id, epoch, newest, keep_count, keep_ms, life FROM room_logs WHERE room_id = @room", new { room }, cancellationToken).ConfigureAwait(false));
            }

            return logs;
        }

        public override async Task WriteAsync(UnitOfWork unit, AppendPlan plan, long now, CancellationToken cancellationToken)
        {
            SqliteInserts.Run((SqliteConnection)unit.Connection, $"INSERT INTO room_messages ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", plan.Messages);
            await unit.ExecuteAsync(
                """
                UPDATE room_logs SET newest = @Newest, keep_count = @KeepCount, keep_ms = @KeepMs, used_at = @now,
                    next_expiry = CASE WHEN next_expiry < @ExpiresAt THEN next_expiry ELSE @ExpiresAt END
                WHERE log = @Log
                """,
                plan.Changes.Select(change => new { change.Newest, change.KeepCount, change.KeepMs, now, change.ExpiresAt, change.Log }), cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Postgres : AppendStatements
    {
        public override string FindMany => $"SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id = ANY(@rooms) AND {IsAlive}";

        public override Task RelaxAsync(UnitOfWork unit, CancellationToken cancellationToken) => unit.ExecuteAsync("SET LOCAL synchronous_commit = off", null, cancellationToken);

        public override async Task<IEnumerable<LogRow>> LockAsync(UnitOfWork unit, string[] rooms, CancellationToken cancellationToken) =>
            // In one order on every node, so that two of them never wait for each other; and a node that stands still with its locks lets go of them.
            await unit.QueryAsync<LogRow>(
                "SET LOCAL idle_in_transaction_session_timeout = '3s'; SELECT log, room_id, epoch, newest, keep_count, keep_ms, life FROM room_logs WHERE room_id = ANY(@rooms) ORDER BY room_id FOR UPDATE", new { rooms }, cancellationToken).ConfigureAwait(false);

        public override async Task WriteAsync(UnitOfWork unit, AppendPlan plan, long now, CancellationToken cancellationToken)
        {
            var (messages, changes) = (plan.Messages, plan.Changes);
            await unit.ExecuteAsync(
                $"""
                INSERT INTO room_messages ({Columns}) SELECT * FROM unnest(@logs, @positions, @ids, @types, @conflateKeys, @senders, @sentAts, @payloads);
                UPDATE room_logs SET newest = c.newest, keep_count = c.keep_count, keep_ms = c.keep_ms, used_at = @now,
                    next_expiry = CASE WHEN next_expiry < c.expires_at THEN next_expiry ELSE c.expires_at END
                FROM unnest(@changed, @newest, @keepCounts, @keepMs, @expiresAt) AS c (log, newest, keep_count, keep_ms, expires_at)
                WHERE room_logs.log = c.log
                """,
                new
                {
                    logs = Of(static message => message.Log),
                    positions = Of(static message => message.Position),
                    ids = Of(static message => message.Id),
                    types = Of(static message => message.Type),
                    conflateKeys = Of(static message => message.ConflateKey),
                    senders = Of(static message => message.Sender),
                    sentAts = Of(static message => message.SentAt),
                    payloads = Of(static message => message.Payload),
                    now,
                    changed = changes.Select(static change => change.Log).ToArray(),
                    newest = changes.Select(static change => change.Newest).ToArray(),
                    keepCounts = changes.Select(static change => change.KeepCount).ToArray(),
                    keepMs = changes.Select(static change => change.KeepMs).ToArray(),
                    expiresAt = changes.Select(static change => change.ExpiresAt).ToArray(),
                },
                cancellationToken).ConfigureAwait(false);

            T[] Of<T>(Func<NewMessage, T> value)
            {
                var values = new T[messages.Count];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = value(messages[i]);
                }

                return values;
            }
        }
    }
}
