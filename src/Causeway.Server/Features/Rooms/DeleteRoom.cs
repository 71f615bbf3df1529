using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Ends a room: its members get <c>room_closed</c> and are out, its log is gone.</summary>
internal static class DeleteRoom
{
    public static IResult Handle(string room_id, string? reason, Realtime.Rooms rooms)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(Reason.IsValid(reason), "reason", Reason.Rule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        return rooms.Delete(room!, reason ?? "deleted") ? TypedResults.NoContent() : RoomErrors.NotFound.ToResult();
    }
}
