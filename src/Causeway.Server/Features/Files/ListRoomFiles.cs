using Causeway.Data;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lists the files that are posted in a room.</summary>
internal static class ListRoomFiles
{
    public static async Task<IResult> HandleAsync(
        string room_id, RequestedList asked, Realtime.Rooms rooms, FileStore files, Database database, CancellationToken cancellationToken)
    {
        if (!RoomId.TryParse(room_id, null, out var room))
        {
            return RoomErrors.BadId.ToResult();
        }

        // A room in memory may be forgotten while its files are still there.
        if (rooms.Find(room) is null && !await files.AnyInAsync(room.Value, cancellationToken))
        {
            return RoomErrors.NotFound.ToResult();
        }

        var scope = new ListScope("room_files.room_id = @room", new { room = room.Value });
        return await FileStore.InRoom.PageAsync(database, asked, FileResponse.From, scope, cancellationToken);
    }
}
