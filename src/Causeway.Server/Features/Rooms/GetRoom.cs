using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Shows one room.</summary>
internal static class GetRoom
{
    public static async Task<IResult> HandleAsync(string room_id, Realtime.Rooms rooms, RoomStore store, RoomDesk desk, CancellationToken cancellationToken)
    {
        if (!RoomId.TryParse(room_id, null, out var room))
        {
            return RoomErrors.BadId.ToResult();
        }

        if (await store.FindAsync(room, cancellationToken) is { } stored)
        {
            var response = await desk.ShowAsync(stored, cancellationToken);
            return TypedResults.Ok(response).WithETag(stored.Version, RoomTag.Of(response));
        }

        return rooms.Find(room) is { } live ? TypedResults.Ok(RoomResponse.From(live)) : RoomErrors.NotFound.ToResult();
    }
}
