using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Reads into open rooms what other nodes have put into their logs. A room is read by one task at a time, some rooms at once.</summary>
internal sealed class RoomCatchUp(LiveCore core, IRoomLogStore store) : IDisposable
{
    private const int AtOnce = 8;
    private const int Page = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _slots = new(AtOnce);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>A room's log stands at a position, somebody says.</summary>
    /// <returns>When a room whose log is no more is closed. Never fails.</returns>
    public Task HeardAsync(Room room, string epoch, long newest)
    {
        switch (room.Opening?.NoteHeard(epoch, newest))
        {
            case HeardResult.OtherLog:
                return core.Lookup.CloseGoneAsync(room);
            case HeardResult.Behind:
                _ = core.Pool.Run(() => RunAsync(room));
                break;
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether there is nothing to find out of a position that a client has from another node. A room that is not in memory is read anew in any case.</summary>
    public bool Knows(RoomId id, RoomPosition? position) => position is not { } since || core.Rooms.Get(id) is not { IsStored: true } room || (room.IsOpen && Knows(room, since));

    /// <summary>Has a room in memory know a position that was not heard of here yet. One that never was can't be known.</summary>
    /// <returns>Null, or why that can't be found out. A room whose log is no more is closed then.</returns>
    public async ValueTask<ApiError?> FindAsync(RoomId id, RoomPosition? position)
    {
        if (Knows(id, position) || core.Rooms.Get(id) is not { } room)
        {
            return null;
        }

        if (await room.OpenAsync().ConfigureAwait(false) is { } unavailable)
        {
            return unavailable;
        }

        try
        {
            await FindAsync(room, position!.Value).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            core.Logger.RoomNotCaughtUp(id.Value, exception);
            return Refusals.LogNotOpened(id);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private static bool Knows(Room room, RoomPosition position) => position.Epoch == room.Epoch && position.Offset <= room.NewestOffset;

    private async Task FindAsync(Room room, RoomPosition position)
    {
        using var patience = new CancellationTokenSource(Patience, core.Time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        if (position.Epoch != room.Epoch)
        {
            if (await store.PositionsAsync([room.Id], giveUp.Token).ConfigureAwait(false) is [var now])
            {
                await HeardAsync(room, now.Epoch, now.Newest).ConfigureAwait(false);
            }

            return;
        }

        for (var after = room.NewestOffset; after < position.Offset;)
        {
            var missed = await store.ReadAsync(room.Id, room.Epoch, after, null, Page, giveUp.Token).ConfigureAwait(false);
            if (missed.Count == 0)
            {
                return;
            }

            room.TakeStored(core.Logs!.Encode(room, missed));
            after = missed[^1].Offset;
        }
    }

    private async Task RunAsync(Room room)
    {
        try
        {
            await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                await ReadAsync(room, _stop.Token).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task ReadAsync(Room room, CancellationToken stop)
    {
        var wait = FirstRetry;
        while (room.Opening!.TakeMissing() is { } missing)
        {
            try
            {
                using var patience = new CancellationTokenSource(Patience, core.Time);
                using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
                var missed = await store.ReadAsync(room.Id, room.Epoch, missing.After, missing.UpTo + 1, Page, giveUp.Token).ConfigureAwait(false);
                room.TakeStored(missed.Count > 0 ? core.Logs!.Encode(room, missed) : [], missing.UpTo);
                wait = FirstRetry;
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                core.Logger.RoomNotCaughtUp(room.Id.Value, exception);
                await core.Pool.Delay(wait, core.Time, stop).ConfigureAwait(false);
                wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
            }
        }
    }
}

/// <summary>What a position that somebody told means to a room.</summary>
internal enum HeardResult
{
    /// <summary>It has it, or will have it, or does not need it.</summary>
    Nothing = 1,

    /// <summary>Its log must be read.</summary>
    Behind,

    /// <summary>Its log is no more; there is another one.</summary>
    OtherLog,
}
