using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Finds out what decides over a room: from memory where that suffices, else from the application's directory.</summary>
internal sealed class RoomLookup(LiveCore core, IRoomDirectory? directory)
{
    /// <summary>How long a directory may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public IRoomDirectory? Directory => directory;

    /// <summary>What a user meets in a room. Completes at once where there is no directory, or it has nothing to add to what is in memory.</summary>
    /// <returns>Where they stand; or why that can't be said.</returns>
    public ValueTask<(RoomStanding Standing, ApiError? Failure)> FindAsync(RoomId id, string? userId, CancellationToken cancellationToken)
    {
        var version = core.Rooms.Version;
        var room = core.Rooms.Get(id);
        if (directory is null || room is not null && (room.Entry is null || userId is null))
        {
            var standing = new RoomStanding(room?.Entry, room?.Rules ?? core.RulesOf(id), room?.RoleWithoutDirectory(userId), version, room is not null);
            return ValueTask.FromResult<(RoomStanding, ApiError?)>((standing, null));
        }

        return AskAsync(id, userId, cancellationToken);
    }

    /// <summary>The same, whatever is in memory: for whoever has reason to doubt it.</summary>
    public async ValueTask<(RoomStanding Standing, ApiError? Failure)> AskAsync(RoomId id, string? userId, CancellationToken cancellationToken)
    {
        var version = core.Rooms.Version;
        try
        {
            var entry = directory is null
                ? null
                : await directory.FindAsync(id, userId, cancellationToken).AsTask().WaitAsync(Patience, core.Time, cancellationToken).ConfigureAwait(false);
            var room = core.Rooms.Get(id);
            var role = entry is null ? room?.RoleWithoutDirectory(userId) : entry.Role;
            return (new RoomStanding(entry, core.RulesOf(id).With(entry?.Overrides), role, version, room is not null), null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            core.Logger.RoomLookupFailed(id.Value, exception);
            return (default, new ApiError(ErrorCode.Unavailable, $"Room '{id}' could not be looked up.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
    }

    /// <summary>Ends a room that was found to be no more, with what the directory says of it; at once where there is none.</summary>
    /// <param name="room">The room.</param>
    /// <param name="reason">What its members are told where the directory says nothing; null for a text of ours.</param>
    public async Task CloseGoneAsync(Room room, string? reason = null)
    {
        try
        {
            if (directory is not null && room.Entry is not null)
            {
                reason = await directory.FindReasonAsync(room.Id, CancellationToken.None).AsTask().WaitAsync(Patience, core.Time).ConfigureAwait(false) ?? reason;
            }
        }
        catch (Exception exception)
        {
            core.Logger.RoomLookupFailed(room.Id.Value, exception);
        }

        core.Rooms.Close(room, reason ?? "deleted");
    }
}
