using System.ComponentModel.DataAnnotations;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Gives a user a role in a stored room, or another one. Owners give every role, moderators those of members and readers.</summary>
internal static class SetAllowedUser
{
    /// <summary>The role to have.</summary>
    [Example("""{"role":"member"}""")]
    internal sealed record SetAllowedUserRequest
    {
        /// <summary><c>owner</c>, <c>moderator</c>, <c>member</c> or <c>reader</c>.</summary>
        [Required]
        public RoomRole? Role { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        string room_id,
        string user_id,
        JsonBody<SetAllowedUserRequest> body,
        HttpContext context,
        Caller caller,
        RoomStore store,
        RoomDesk desk,
        RoomAudit audit,
        UserNames names,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(Wire.IsUserId(user_id), "user_id", Wire.UserIdRule);
        errors.Check(body.Value.Role is not null, "role", "Must be owner, moderator, member or reader.");
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var (role, own) = (body.Value.Role!.Value, await desk.RoleOfAsync(caller, room!, cancellationToken));
        if (!MayGive(own, role))
        {
            return AccessErrors.Forbidden.ToResult();
        }

        var name = await names.FindAsync(user_id, cancellationToken);
        return await desk.WriteAsync<IResult>(
            async (unit, token) =>
            {
                if (await RoomStore.LockAsync(unit, room!, token) is null)
                {
                    return RoomErrors.NotFound.ToResult();
                }

                var present = await RoomStore.FindUserAsync(unit, room!, user_id, token);
                if (present is not null && !MayGive(own, (RoomRole)present.Role))
                {
                    return AccessErrors.Forbidden.ToResult();
                }

                if (present?.Role == (long)role)
                {
                    return TypedResults.Ok(AllowedUserResponse.From(present, name));
                }

                await store.SetRoleAsync(unit, room!, user_id, role, caller.UserId, token);
                await audit.RoleSetAsync(unit, context, room!, user_id, (RoomRole?)present?.Role, role, token);
                var stored = AllowedUserResponse.From((await RoomStore.FindUserAsync(unit, room!, user_id, token))!, name);
                return present is null ? TypedResults.Created($"/api/v1/rooms/{room}/allowed-users/{Uri.EscapeDataString(user_id)}", stored) : TypedResults.Ok(stored);
            },
            cancellationToken);
    }

    /// <summary>Whether somebody of a role may give and take another one.</summary>
    internal static bool MayGive(RoomRole? own, RoomRole role) => own switch
    {
        RoomRole.Owner => true,
        RoomRole.Moderator => role is RoomRole.Member or RoomRole.Reader,
        _ => false,
    };
}
