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
            // Opens a durable one, so that it says where its log stands.
            await rooms.FindAsync(room, cancellationToken);
            var response = desk.Show(stored);
            return TypedResults.Ok(response).WithETag(stored.Version, RoomTag.Of(response));
        }

        return await rooms.FindAsync(room, cancellationToken) is { } live ? TypedResults.Ok(RoomResponse.From(live)) : RoomErrors.NotFound.ToResult();
    }
}
