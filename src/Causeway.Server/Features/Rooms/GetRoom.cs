using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Shows one room.</summary>
internal static class GetRoom
{
    public static IResult Handle(string room_id, Realtime.Rooms rooms)
    {
        if (!RoomId.TryParse(room_id, null, out var room))
        {
            return RoomErrors.BadId.ToResult();
        }

        return rooms.Find(room) is { } found ? TypedResults.Ok(RoomResponse.From(found)) : RoomErrors.NotFound.ToResult();
    }
}
