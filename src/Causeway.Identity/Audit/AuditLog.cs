using System.Collections.Concurrent;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>
/// The record of security-relevant acts. It only grows: there is no way to change an entry, the tables refuse it as well, and none to delete one but when it is
/// older than <see cref="IdentityOptions.AuditRetention"/>.
/// </summary>
public sealed class AuditLog
{
    internal const string Columns = "id, at, actor, user_id, action, target, outcome, address, request_id, details";
    private const int MostActs = 1_000;
    private const int DeletedAtOnce = 5_000;

    private readonly Database _database;
    private readonly IdentityMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly IAuditFollower? _follower;
    private readonly ConcurrentQueue<(AuditEntry Entry, DateTimeOffset At)> _acts = new();
    private readonly RefusalNotes _refusals;
    private readonly RefusalNotes _requests;

    internal AuditLog(Database database, IdentityMetrics metrics, TimeProvider time, IAuditFollower? follower = null)
    {
        (_database, _metrics, _time, _follower) = (database, metrics, time, follower);
        _refusals = new RefusalNotes(1_000, TimeSpan.Zero, time);
        _requests = new RefusalNotes(2_000, TimeSpan.FromMinutes(1), time);
    }

    /// <summary>Writes an act down in the transaction that does it: both happen or neither.</summary>
    public async Task WriteAsync(UnitOfWork unit, AuditEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(entry);
        await InsertAsync(unit, entry, _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        if (_follower is not null)
        {
            await _follower.FollowAsync(unit, entry, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes an act down that is no change of data.</summary>
    public Task WriteAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return _database.WriteAsync((unit, token) => WriteAsync(unit, entry, token), cancellationToken);
    }

    /// <summary>
    /// Writes an act down that was done whatever becomes of this, such as closing a connection. While the database is down it is noted, and written by
    /// <see cref="FlushAsync"/> when that is back; over 1,000 noted ones are counted in <c>causeway.audit.dropped</c> and not kept.
    /// </summary>
    public async Task RecordAsync(AuditEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var at = _time.GetUtcNow();
        try
        {
            await _database.WriteAsync((unit, token) => InsertAsync(unit, entry, at, token), cancellationToken).ConfigureAwait(false);
        }
        catch (DatabaseUnavailableException)
        {
            Keep([(entry, at)]);
        }
    }

    /// <summary>
    /// Notes a refusal, to be written by <see cref="FlushAsync"/>: whoever guesses credentials must not be able to keep the database busy. The same refusal of
    /// the same network is one entry with a count; over 1,000 different ones at a time are counted in <c>causeway.audit.dropped</c> and not kept.
    /// </summary>
    public void NoteRefusal(AuditEntry entry) => Note(_refusals, entry);

    /// <summary>
    /// The same for what ordinary requests are refused: after the first one, the same refusal of the same network is one entry a minute. Up to 2,000 different
    /// ones a minute are kept, apart from those of <see cref="NoteRefusal"/>.
    /// </summary>
    public void NoteRefusedRequest(AuditEntry entry) => Note(_requests, entry);

    /// <summary>Writes what is noted; what can't be written stays noted.</summary>
    public Task FlushAsync(CancellationToken cancellationToken = default) => WriteNotedAsync(everything: false, cancellationToken);

    /// <summary>The same, with what would have waited for more of its kind.</summary>
    internal Task FinishAsync(CancellationToken cancellationToken) => WriteNotedAsync(everything: true, cancellationToken);

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

    private void Note(RefusalNotes notes, AuditEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!notes.TryAdd(entry))
        {
            _metrics.CountAuditDropped();
        }
    }

    private void Keep(IEnumerable<(AuditEntry Entry, DateTimeOffset At)> acts)
    {
        foreach (var act in acts)
        {
            if (_acts.Count < MostActs)
            {
                _acts.Enqueue(act);
            }
            else
            {
                _metrics.CountAuditDropped();
            }
        }
    }

    private async Task WriteNotedAsync(bool everything, CancellationToken cancellationToken)
    {
        var acts = new List<(AuditEntry Entry, DateTimeOffset At)>();
        while (acts.Count < MostActs && _acts.TryDequeue(out var act))
        {
            acts.Add(act);
        }

        var (refusals, requests) = (_refusals.Take(everything), _requests.Take(everything));
        if (acts.Count + refusals.Count + requests.Count == 0)
        {
            return;
        }

        try
        {
            await _database.WriteAsync(
                async (unit, token) =>
                {
                    foreach (var (entry, at) in acts.Concat(refusals.Concat(requests).Select(static note => (note.ToEntry(), note.At))))
                    {
                        await InsertAsync(unit, entry, at, token).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Keep(acts);
            _refusals.PutBack(refusals);
            _requests.PutBack(requests);
            throw;
        }
    }
}
