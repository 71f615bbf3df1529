using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Puts all of a user's connections out of a room; each is told by <c>kicked</c>.</summary>
internal static class KickMember
{
    public static async Task<IResult> HandleAsync(
        string room_id, string user_id, string? reason, Caller caller, Realtime.Rooms rooms, RoomStore store, RoomDesk desk, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(Wire.IsUserId(user_id), "user_id", Wire.UserIdRule);
        errors.Check(Reason.IsValid(reason), "reason", Reason.Rule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (await desk.CheckManageAsync(caller, room!, RoomRole.Moderator, cancellationToken) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        if (await rooms.MembersAsync(room!, cancellationToken) is null && await store.FindAsync(room!, cancellationToken) is null)
        {
            return RoomErrors.NotFound.ToResult();
        }

        return await rooms.KickUserAsync(room!, user_id, reason ?? "kicked", cancellationToken) > 0
            ? TypedResults.NoContent()
            : new ApiError(ErrorCode.NotFound, "The user is not in the room.").ToResult();
    }
}
