using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Shows a user's role in a stored room; everybody may see their own.</summary>
internal static class GetAllowedUser
{
    public static async Task<IResult> HandleAsync(
        string room_id, string user_id, Caller caller, RoomStore store, RoomDesk desk, UserNames names, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(Wire.IsUserId(user_id), "user_id", Wire.UserIdRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (caller.UserId != user_id && !caller.Has("rooms:read")
            && await desk.CheckManageAsync(caller, room!, RoomRole.Moderator, cancellationToken) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        return await store.FindUserAsync(room!, user_id, cancellationToken) is { } user
            ? TypedResults.Ok(AllowedUserResponse.From(user, await names.FindAsync(user_id, cancellationToken)))
            : await store.FindAsync(room!, cancellationToken) is null ? RoomErrors.NotFound.ToResult()
            : RoomErrors.NoRole.ToResult();
    }
}
