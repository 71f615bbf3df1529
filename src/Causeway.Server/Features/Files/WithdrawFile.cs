using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Takes a file out of a room: its members can't download it any more, unless it is theirs. The message stays in the room's log.</summary>
internal static class WithdrawFile
{
    public static async Task<IResult> HandleAsync(string room_id, string file_id, Caller caller, FileStore files, CancellationToken cancellationToken)
    {
        if (!RoomId.TryParse(room_id, null, out var room))
        {
            return RoomErrors.BadId.ToResult();
        }

        if (await files.FindAsync(file_id, cancellationToken) is not { } file)
        {
            return FileErrors.NotFound.ToResult();
        }

        if (!FileAccess.IsOwn(caller, file) && !caller.Has(FileAccess.Write) && !caller.Has("rooms:write"))
        {
            return AccessErrors.Forbidden.ToResult();
        }

        return await files.WithdrawAsync(room.Value, file.Id, cancellationToken) ? TypedResults.NoContent() : FileErrors.NotFound.ToResult();
    }
}
