using Causeway.Data;
using Microsoft.Data.Sqlite;

namespace Causeway.Realtime.Sql;

/// <summary>The statements of an append, which each database takes in another form: SQLite one row after the other on a prepared statement, PostgreSQL as arrays in few round trips.</summary>
internal abstract class AppendStatements
{
    private const string IsAlive = "(life IS NULL OR life = (SELECT life FROM room_log_lives))";
    private const string Columns = "log, position, id, type, conflate_key, sender, sent_at, payload";

    public static AppendStatements For(DatabaseProvider provider) => provider == DatabaseProvider.Postgres ? new Postgres() : new Sqlite();

    /// <summary>Finds the logs of <c>@rooms</c>, but those that a crash has ended.</summary>
    public abstract string FindMany { get; }

    /// <summary>
    /// The logs of some rooms, which nobody else appends to until the transaction ends; but those that a crash has ended: what was kept until then is not what it was, and who has read more of it must not go on
    /// from there.
    /// </summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="rooms">Each once, in ordinal order.</param>
    /// <param name="isRelaxed">Whether the transaction may be over before it is on disk.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    public abstract Task<IEnumerable<LogRow>> LockAsync(UnitOfWork unit, string[] rooms, bool isRelaxed, CancellationToken cancellationToken);

    /// <summary>Writes messages, and where their logs stand after them.</summary>
    public abstract Task WriteAsync(UnitOfWork unit, AppendPlan plan, long now, CancellationToken cancellationToken);

    private sealed class Sqlite : AppendStatements
    {
        public override string FindMany => $"SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id IN @rooms AND {IsAlive}";

        public override Task<IEnumerable<LogRow>> LockAsync(UnitOfWork unit, string[] rooms, bool isRelaxed, CancellationToken cancellationToken)
        {
            // There is one writer: whatever is read in its transaction stays. And the transaction is of many, each with what it was promised: it can't be relaxed.
            var logs = new List<LogRow>(rooms.Length);
            using var find = new SqliteStatement((SqliteConnection)unit.Connection, $"SELECT log, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id = ? AND {IsAlive}");
            foreach (var room in rooms)
            {
                find.Bind(1, room);
                if (find.Step())
                {
                    logs.Add(new LogRow { Log = find.Int64(0), RoomId = room, Epoch = find.Text(1), Newest = find.Int64(2), KeepCount = find.Int64(3), KeepMs = find.Int64(4) });
                }

                find.Reset();
            }

            return Task.FromResult<IEnumerable<LogRow>>(logs);
        }

        public override Task WriteAsync(UnitOfWork unit, AppendPlan plan, long now, CancellationToken cancellationToken)
        {
            var connection = (SqliteConnection)unit.Connection;
            Insert(connection, plan.Messages);
            Advance(connection, plan.Changes, now);
            return Task.CompletedTask;
        }

        private static void Insert(SqliteConnection connection, List<NewMessage> messages)
        {
            using var insert = new SqliteStatement(connection, $"INSERT INTO room_messages ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

            // A room's side by side, in their order: a page of the index is looked up once for all of them, and a reader finds them together.
            foreach (var message in messages.OrderBy(static message => message.Log))
            {
                insert.Bind(1, message.Log);
                insert.Bind(2, message.Position);
                insert.Bind(3, message.Id);
                insert.Bind(4, message.Type);
                insert.Bind(5, message.ConflateKey);
                insert.Bind(6, message.Sender);
                insert.Bind(7, message.SentAt);
                insert.Bind(8, message.Payload);
                insert.Step();
                insert.Reset();
            }
        }

        private static void Advance(SqliteConnection connection, IReadOnlyCollection<LogChange> changes, long now)
        {
            // What has an index is written where it changes: SQLite takes an entry out and puts it in again, though it is the same.
            using var update = new SqliteStatement(connection, "UPDATE room_logs SET newest = ?, keep_count = ?, keep_ms = ?, used_at = ? WHERE log = ?");
            using var expire = new SqliteStatement(connection, "UPDATE room_logs SET next_expiry = ?1 WHERE log = ?2 AND (next_expiry IS NULL OR next_expiry > ?1)");
            foreach (var change in changes)
            {
                update.Bind(1, change.Newest);
                update.Bind(2, change.KeepCount);
                update.Bind(3, change.KeepMs);
                update.Bind(4, now);
                update.Bind(5, change.Log);
                update.Step();
                update.Reset();
                expire.Bind(1, change.ExpiresAt);
                expire.Bind(2, change.Log);
                expire.Step();
                expire.Reset();
            }
        }
    }

    private sealed class Postgres : AppendStatements
    {
        public override string FindMany => $"SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id = ANY(@rooms) AND {IsAlive}";

        public override async Task<IEnumerable<LogRow>> LockAsync(UnitOfWork unit, string[] rooms, bool isRelaxed, CancellationToken cancellationToken)
        {
            // In one order on every node, so that two of them never wait for each other.
            unit.LimitStandstill();
            return await unit.QueryAsync<LogRow>(
                $"""
                {(isRelaxed ? "SET LOCAL synchronous_commit = off;" : "")}
                SELECT log, room_id, epoch, newest, keep_count, keep_ms FROM room_logs WHERE room_id = ANY(@rooms) AND {IsAlive} ORDER BY room_id FOR UPDATE
                """,
                new { rooms }, cancellationToken).ConfigureAwait(false);
        }

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
