using System.Collections.Concurrent;
using System.Data;
using System.Globalization;
using Causeway.Data;
using Causeway.Realtime;
using Dapper;

namespace Causeway.Server;

/// <summary>What has changed of a stored room.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Room">The room.</param>
/// <param name="UserId">Whose role; null otherwise.</param>
/// <param name="Reason">What those concerned are told; null for a text of ours.</param>
internal sealed record RoomChange(RoomChangeKind Kind, RoomId Room, string? UserId = null, string? Reason = null);

internal enum RoomChangeKind
{
    /// <summary>The room is new, or has other rules, or many roles have changed.</summary>
    Room = 1,

    /// <summary>One user's role.</summary>
    User,

    /// <summary>The room is no more.</summary>
    Deleted,
}

/// <summary>Tells the live rooms of every node what has changed of the stored ones: written in the transaction that makes the change, in force on this node when the write was awaited, on others within a second.</summary>
internal sealed class RoomChanges(Database database, RoomDirectory directory, Realtime.Rooms rooms, TimeProvider time) : IDisposable
{
    // Rows are kept for so long; a node that was away for longer looks at every room it has.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private const int AtOnce = 1_000;
    private const int WrittenAtOnce = 200;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<(long Number, RoomChange Change)> _committed = new();
    private readonly HashSet<long> _applied = [];
    private long _passed = -1;
    private long _polledAt;

    /// <summary>Writes a change down. After the commit <see cref="CatchUpAsync"/> puts it into force here.</summary>
    public Task WriteAsync(UnitOfWork unit, RoomChange change, CancellationToken cancellationToken) => WriteAsync(unit, [change], cancellationToken);

    /// <summary>Writes changes down; the last that a transaction does, for others who do the same wait for its end.</summary>
    public async Task WriteAsync(UnitOfWork unit, IReadOnlyList<RoomChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return;
        }

        // Numbers are given here and seen at the commit: without this, one could be passed before it is there.
        await unit.LockAsync("causeway room changes", cancellationToken: cancellationToken);

        foreach (var some in changes.Chunk(WrittenAtOnce))
        {
            var parameters = new DynamicParameters(new { at = time.GetUtcNow().ToUnixTimeMilliseconds() });
            var rows = new List<string>(some.Length);
            foreach (var change in some)
            {
                var row = rows.Count.ToString(CultureInfo.InvariantCulture);
                parameters.Add("kind_" + row, (long)change.Kind);
                parameters.Add("room_" + row, change.Room.Value);
                parameters.Add("user_" + row, change.UserId, DbType.String);
                parameters.Add("reason_" + row, change.Reason, DbType.String);
                rows.Add($"(@kind_{row}, @room_{row}, @user_{row}, @reason_{row}, @at)");
            }

            // They come back in any order; each is told apart by its own room and user.
            var written = await unit.QueryAsync<Row>(
                $"INSERT INTO room_changes (kind, room_id, user_id, reason, at) VALUES {string.Join(", ", rows)} RETURNING number, kind, room_id, user_id, reason", parameters, cancellationToken);
            unit.OnCommitted(() =>
            {
                foreach (var row in written.OrderBy(static row => row.Number))
                {
                    var change = row.ToChange();
                    directory.Forget(change);
                    _committed.Enqueue((row.Number, change));
                }
            });
        }
    }

    /// <summary>Puts this node's own changes into force here. Where that fails, the next poll does it.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            while (_committed.TryDequeue(out var own))
            {
                if (own.Number > _passed)
                {
                    await ApplyAsync(own.Change, cancellationToken);
                    _applied.Add(own.Number);
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reads what is new. Called twice a second.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var startedAt = time.GetTimestamp();
            if (_passed < 0 || time.GetElapsedTime(_polledAt, startedAt) > Kept / 2)
            {
                var newest = await database.QuerySingleOrDefaultAsync<long>("SELECT COALESCE(MAX(number), 0) FROM room_changes", null, cancellationToken);
                directory.ForgetAll();
                foreach (var room in rooms.List())
                {
                    await rooms.RefreshAsync(room.Id, null, cancellationToken);
                }

                _passed = newest;
            }

            while (await TakeAsync(cancellationToken) == AtOnce)
            {
            }

            _applied.RemoveWhere(number => number <= _passed);
            _polledAt = startedAt;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Deletes rows that every node has read long ago.</summary>
    public Task ForgetAsync(CancellationToken cancellationToken) => database.ExecuteAsync(
        "DELETE FROM room_changes WHERE at < @before", new { before = (time.GetUtcNow() - Kept).ToUnixTimeMilliseconds() }, cancellationToken);

    public void Dispose() => _turn.Dispose();

    private async Task<int> TakeAsync(CancellationToken cancellationToken)
    {
        var rows = await database.QueryAsync<Row>(
            "SELECT number, kind, room_id, user_id, reason FROM room_changes WHERE number > @passed ORDER BY number LIMIT @limit",
            new { passed = _passed, limit = (long)AtOnce }, cancellationToken);

        // What was changed of a room before it was deleted is over, and must not be what its members hear of.
        var deleted = rows.Where(static row => (RoomChangeKind)row.Kind == RoomChangeKind.Deleted)
            .GroupBy(static row => row.RoomId, StringComparer.Ordinal).ToDictionary(static room => room.Key, static room => room.Max(static row => row.Number), StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (!_applied.Contains(row.Number) && row.Number >= deleted.GetValueOrDefault(row.RoomId))
            {
                await ApplyAsync(row.ToChange(), cancellationToken);
            }

            _passed = row.Number;
        }

        return rows.Count;
    }

    private async Task ApplyAsync(RoomChange change, CancellationToken cancellationToken)
    {
        directory.Forget(change);
        if (change.Kind == RoomChangeKind.User)
        {
            await rooms.RefreshUserAsync(change.Room, change.UserId!, change.Reason, cancellationToken);
            return;
        }

        if (change.Kind == RoomChangeKind.Deleted)
        {
            // Closed even where it was made anew meanwhile: that is another room, with a log of its own.
            rooms.Close(change.Room, change.Reason ?? "deleted");
        }

        await rooms.RefreshAsync(change.Room, change.Reason, cancellationToken);
    }

    private sealed record Row
    {
        public long Number { get; init; }

        public long Kind { get; init; }

        public required string RoomId { get; init; }

        public string? UserId { get; init; }

        public string? Reason { get; init; }

        public RoomChange ToChange() => new((RoomChangeKind)Kind, Realtime.RoomId.Parse(RoomId), UserId, Reason);
    }
}
