using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>
/// The record of security-relevant acts. It only grows: there is no way to change an entry, the tables refuse it as well, and none to delete one but when it is
/// older than <see cref="IdentityOptions.AuditRetention"/>.
/// </summary>
public sealed class AuditLog
{
    internal const string Columns = "id, at, actor, user_id, action, target, outcome, address, request_id, details";
    private const int MostPending = 1_000;
    private const int DeletedAtOnce = 5_000;

    private readonly Database _database;
    private readonly IdentityMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<RefusalKey, Refusal> _pending = new();

    internal AuditLog(Database database, IdentityMetrics metrics, TimeProvider time) => (_database, _metrics, _time) = (database, metrics, time);

    /// <summary>Writes an act down in the transaction that does it: both happen or neither.</summary>
    public Task WriteAsync(UnitOfWork unit, AuditEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(entry);
        return InsertAsync(unit, entry, _time.GetUtcNow(), cancellationToken);
    }

    /// <summary>Writes an act down that is no change of data.</summary>
    public Task WriteAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return _database.WriteAsync((unit, token) => WriteAsync(unit, entry, token), cancellationToken);
    }

    /// <summary>
    /// Notes a refusal, to be written by <see cref="FlushAsync"/>: whoever guesses credentials must not be able to keep the database busy. The same refusal of
    /// the same address is one entry with a count; over 1,000 different ones at a time are counted in <c>causeway.audit.dropped</c> and not kept.
    /// </summary>
    public void NoteRefusal(AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var key = new RefusalKey(entry.Action, entry.Origin.Actor, entry.Origin.Address, entry.Target);
        while (true)
        {
            if (_pending.TryGetValue(key, out var known) && known.TryCount())
            {
                return;
            }

            if (known is null && _pending.Count >= MostPending)
            {
                _metrics.CountAuditDropped();
                return;
            }

            if (known is null && _pending.TryAdd(key, new Refusal(entry, _time.GetUtcNow())))
            {
                return;
            }
        }
    }

    /// <summary>Writes the noted refusals.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_pending.IsEmpty)
        {
            return;
        }

        var taken = new List<Refusal>();
        foreach (var (key, _) in _pending)
        {
            if (_pending.TryRemove(key, out var refusal))
            {
                refusal.Close();
                taken.Add(refusal);
            }
        }

        await _database.WriteAsync(
            async (unit, token) =>
            {
                foreach (var refusal in taken)
                {
                    await InsertAsync(unit, refusal.Complete(), refusal.At, token).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes what is older than the retention, some thousand entries at a time.</summary>
    /// <returns>How many there were.</returns>
    internal async Task<int> ForgetAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        var before = (_time.GetUtcNow() - retention).ToUnixTimeMilliseconds();
        var all = 0;
        int deleted;
        do
        {
            deleted = await _database.ExecuteAsync(
                "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < @before ORDER BY at LIMIT @limit)", new { before, limit = DeletedAtOnce }, cancellationToken).ConfigureAwait(false);
            all += deleted;
        }
        while (deleted == DeletedAtOnce);
        return all;
    }

    private static Task<int> InsertAsync(UnitOfWork unit, AuditEntry entry, DateTimeOffset at, CancellationToken cancellationToken) => unit.ExecuteAsync(
        $"INSERT INTO audit_log ({Columns}) VALUES (@id, @at, @actor, @userId, @action, @target, @outcome, @address, @requestId, @details)",
        new
        {
            id = Guid.CreateVersion7(at).ToString(),
            at = at.ToUnixTimeMilliseconds(),
            actor = entry.Origin.Actor,
            userId = entry.Origin.UserId,
            action = entry.Action,
            target = entry.Target,
            outcome = entry.Outcome.ToString().ToLowerInvariant(),
            address = entry.Origin.Address,
            requestId = entry.Origin.RequestId,
            details = entry.Details?.ToJsonString(),
        },
        cancellationToken);

    private readonly record struct RefusalKey(string Action, string Actor, string? Address, string? Target);

    /// <summary>A refusal and how often it came before it was written.</summary>
    private sealed class Refusal(AuditEntry entry, DateTimeOffset at)
    {
        private readonly Lock _lock = new();
        private int _count = 1;
        private bool _closed;

        public DateTimeOffset At => at;

        public bool TryCount()
        {
            lock (_lock)
            {
                _count += _closed ? 0 : 1;
                return !_closed;
            }
        }

        public void Close()
        {
            lock (_lock)
            {
                _closed = true;
            }
        }

        public AuditEntry Complete()
        {
            if (_count == 1)
            {
                return entry;
            }

            var details = (JsonObject?)entry.Details?.DeepClone() ?? [];
            details["count"] = _count;
            return entry with { Details = details };
        }
    }
}
