using System.Collections.Concurrent;
using Causeway.Data;
using Causeway.Realtime;

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
internal sealed class RoomChanges(Database database, Realtime.Rooms rooms, TimeProvider time) : IDisposable
{
    // Rows are kept for so long; a node that was away for longer looks at every room it has.
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private const int AtOnce = 1_000;

    // Any number will do that nothing else in this database locks.
    private const long Lock = 0x43_57_52_4f_4f_4d;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentQueue<(long Number, RoomChange Change)> _committed = new();
    private readonly HashSet<long> _applied = [];
    private long _passed = -1;
    private long _polledAt;

    /// <summary>
    /// Has others who write changes wait for this transaction's end: numbers are committed in their order then, and no reader passes one that comes later.
    /// Whoever makes or deletes rooms does it first, so that nobody waits for a room while the room's writer waits for this.
    /// </summary>
    public static async Task LockAsync(UnitOfWork unit, CancellationToken cancellationToken)
    {
        if (unit.Provider == DatabaseProvider.Postgres)
        {
            await unit.ExecuteAsync("SELECT pg_advisory_xact_lock(@Lock)", new { Lock }, cancellationToken);
        }
    }

    /// <summary>Writes a change down. After the commit <see cref="CatchUpAsync"/> puts it into force here.</summary>
    public async Task WriteAsync(UnitOfWork unit, RoomChange change, CancellationToken cancellationToken)
    {
        await LockAsync(unit, cancellationToken);
        var number = await unit.QuerySingleOrDefaultAsync<long>(
            "INSERT INTO room_changes (kind, room_id, user_id, reason, at) VALUES (@kind, @room, @user, @reason, @at) RETURNING number",
            new { kind = (long)change.Kind, room = change.Room.Value, user = change.UserId, reason = change.Reason, at = time.GetUtcNow().ToUnixTimeMilliseconds() },
            cancellationToken);
        unit.OnCommitted(() => _committed.Enqueue((number, change)));
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
        foreach (var row in rows)
        {
            if (!_applied.Contains(row.Number))
            {
                await ApplyAsync(new RoomChange((RoomChangeKind)row.Kind, RoomId.Parse(row.RoomId), row.UserId, row.Reason), cancellationToken);
            }

            _passed = row.Number;
        }

        return rows.Count;
    }

    private async Task ApplyAsync(RoomChange change, CancellationToken cancellationToken)
    {
        if (change.Kind == RoomChangeKind.User)
        {
            await rooms.RefreshUserAsync(change.Room, change.UserId!, change.Reason, cancellationToken);
            return;
        }

        if (change.Kind == RoomChangeKind.Deleted)
        {
            // Closed even where it was made anew meanwhile: that is another room, with a log of its own.
            rooms.Delete(change.Room, change.Reason ?? "deleted");
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
    }
}
