using Causeway.Data;
using Microsoft.Extensions.Logging;

namespace Causeway.Identity;

/// <summary>Follows the changes of access that all nodes write down, and tells this node of each one once.</summary>
/// <remarks>
/// Numbers are given when a row is written, but seen when its transaction commits, so a lower one may come after a higher one. Rows are therefore read again for
/// a while after their number was passed, and those already told are left out.
/// </remarks>
public sealed class AccessFeed
{
    // No transaction that changes access is open for longer.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(60);

    // Rows are kept for so long; a node that was away for longer can't know what it missed.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly Database _database;
    private readonly AccessChanges _changes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, long> _told = [];
    private long _passed = -1;
    private long _polledAt;
    private Action<AccessChange>? _forget;

    internal AccessFeed(Database database, AccessChanges changes, TimeProvider time, ILogger<AccessFeed> logger) =>
        (_database, _changes, _time, _logger) = (database, changes, time, logger);

    /// <summary>How long ago this node last heard that it knows all; <see cref="TimeSpan.MaxValue"/> where it never has.</summary>
    internal TimeSpan Age => Volatile.Read(ref _passed) < 0 ? TimeSpan.MaxValue : _time.GetElapsedTime(Volatile.Read(ref _polledAt));

    /// <summary>Reads what is new. Call it twice a second.</summary>
    public async Task PollAsync(CancellationToken cancellationToken = default)
    {
        var startedAt = _time.GetTimestamp();
        if (_passed < 0)
        {
            var passed = await _database.QuerySingleOrDefaultAsync<long>(
                "SELECT COALESCE(MAX(number), 0) FROM access_changes WHERE at < @before",
                new { before = (_time.GetUtcNow() - Overlap).ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);

            // What was asked for before the feed began may be from before a change it does not tell.
            TellEverything();
            Volatile.Write(ref _polledAt, startedAt);
            Volatile.Write(ref _passed, passed);
            return;
        }

        var missed = _time.GetElapsedTime(_polledAt, startedAt) > Kept / 2;
        var rows = await _database.QueryAsync<Row>(
            "SELECT number, kind, user_id, session_id, api_key_id FROM access_changes WHERE number > @passed ORDER BY number",
            new { passed = _passed }, cancellationToken).ConfigureAwait(false);
        foreach (var row in rows)
        {
            Take(row.Number, new AccessChange((AccessChangeKind)row.Kind, row.UserId, row.SessionId, row.ApiKeyId));
        }

        if (missed)
        {
            _logger.ChangesMissed();
            TellEverything();
        }

        Volatile.Write(ref _polledAt, startedAt);
        Pass(startedAt);
    }

    /// <summary>Deletes rows that every node has read long ago.</summary>
    public Task ForgetAsync(CancellationToken cancellationToken = default) => _database.ExecuteAsync(
        "DELETE FROM access_changes WHERE at < @before", new { before = (_time.GetUtcNow() - Kept).ToUnixTimeMilliseconds() }, cancellationToken);

    /// <summary>Who remembers something must forget it before anybody else hears of the change.</summary>
    internal void Forgets(Action<AccessChange> forget) => _forget += forget;

    /// <summary>Tells a change unless it was told already.</summary>
    internal void Take(long number, AccessChange change)
    {
        // The lock also keeps the order: of two who bring changes one after the other tells them.
        lock (_lock)
        {
            if (_told.TryAdd(number, _time.GetTimestamp()))
            {
                Tell(change);
            }
        }
    }

    private void TellEverything()
    {
        lock (_lock)
        {
            Tell(new AccessChange(AccessChangeKind.Everything));
        }
    }

    private void Tell(AccessChange change)
    {
        _forget?.Invoke(change);
        _changes.Raise(change);
    }

    /// <summary>Passes the numbers under which nothing new can come any more.</summary>
    private void Pass(long now)
    {
        lock (_lock)
        {
            // A number that was told long enough ago was given even earlier; so were all below it.
            var passed = _passed;
            foreach (var (number, toldAt) in _told)
            {
                if (number > passed && _time.GetElapsedTime(toldAt, now) > Overlap)
                {
                    passed = number;
                }
            }

            if (passed > _passed)
            {
                foreach (var number in _told.Keys.Where(number => number <= passed).ToList())
                {
                    _told.Remove(number);
                }

                Volatile.Write(ref _passed, passed);
            }
        }
    }

    private sealed record Row
    {
        public long Number { get; init; }

        public long Kind { get; init; }

        public string? UserId { get; init; }

        public string? SessionId { get; init; }

        public string? ApiKeyId { get; init; }
    }
}
