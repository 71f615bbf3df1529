using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Takes a user's role in a stored room away; where the rule is <c>members</c>, their connections are put out of it. Everybody may give up their own.</summary>
internal static class RemoveAllowedUser
{
    public static async Task<IResult> HandleAsync(
        string room_id, string user_id, HttpContext context, Caller caller, RoomStore store, RoomDesk desk, RoomAudit audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(Wire.IsUserId(user_id), "user_id", Wire.UserIdRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var own = await desk.RoleOfAsync(caller, room!, cancellationToken);
        var isOwn = caller.UserId == user_id;
        if (!isOwn && !SetAllowedUser.MayGive(own, RoomRole.Member))
        {
            return AccessErrors.Forbidden.ToResult();
        }

        return await desk.WriteAsync<IResult>(
            async (unit, token) =>
            {
                if (await RoomStore.LockAsync(unit, room!, token) is null)
                {
                    return RoomErrors.NotFound.ToResult();
                }

                if (await RoomStore.FindUserAsync(unit, room!, user_id, token) is not { } present)
                {
                    return RoomErrors.NoRole.ToResult();
                }

                if (!isOwn && !SetAllowedUser.MayGive(own, (RoomRole)present.Role))
                {
                    return AccessErrors.Forbidden.ToResult();
                }

                await store.SetRoleAsync(unit, room!, user_id, null, caller.UserId, token);
                await audit.RoleSetAsync(unit, context, room!, user_id, (RoomRole)present.Role, null, token);
                return TypedResults.NoContent();
            },
            cancellationToken);
    }
}
