using System.ComponentModel.DataAnnotations;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Creates a room that stays until it is deleted; a user who creates one owns it.</summary>
internal static class CreateRoom
{
    /// <summary>A room to create.</summary>
    [Example("""{"room_id":"lobby","title":"The lobby"}""")]
    internal sealed record CreateRoomRequest
    {
        /// <summary>1–128 of <c>A-Z a-z 0-9 _ . : -</c>; what stands before the first <c>:</c> is its namespace.</summary>
        [Required, RegularExpression(Wire.RoomIdPattern)]
        public string? RoomId { get; init; }

        /// <summary>A title for people, 1–200 characters.</summary>
        [StringLength(RoomRules.MaxTitleLength, MinimumLength = 1)]
        public string? Title { get; init; }

        /// <summary>What it is for, 1–2,000 characters.</summary>
        [StringLength(RoomRules.MaxDescriptionLength, MinimumLength = 1)]
        public string? Description { get; init; }

        /// <summary>Where it differs from its namespace.</summary>
        public RoomSettingsDocument? Settings { get; init; }

        /// <summary>Users who get the role <c>member</c>: they may join where the rule is <c>members</c>. At most 10,000.</summary>
        [MaxLength(RoomRules.MaxAllowedUsers)]
        public IReadOnlyList<string>? AllowedUsers { get; init; }
    }

    public static async Task<IResult> HandleAsync(JsonBody<CreateRoomRequest> body, HttpContext context, Caller caller, RoomStore store, RoomDesk desk, RoomAudit audit)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(Realtime.RoomId.TryParse(request.RoomId, null, out var room), "room_id", Wire.RoomIdRule);
        errors.Check(!RoomRules.IsReserved(request.RoomId), "room_id", RoomRules.ReservedRule);
        RoomRules.Check(errors, request.Title, request.Description, request.Settings, request.AllowedUsers);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (desk.CheckCreate(caller, room!) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        var wanted = new StoredRoom
        {
            RoomId = room!.Value,
            Title = request.Title,
            Description = request.Description,
            Settings = StoredRoom.WriteOverrides(request.Settings?.ToOverrides()),
        };
        var roles = RoomRules.RolesOf(request.AllowedUsers, caller);
        return await desk.WriteOnceAsync(context, async (unit, cancellationToken) =>
        {
            var stored = await store.CreateAsync(unit, new NewRoom(wanted, roles), caller.UserId, cancellationToken)
                ?? throw new ApiErrorException(RoomErrors.Taken(room));
            await audit.CreatedAsync(unit, context, stored, roles.Count, cancellationToken);
            return new KeptAnswer(StatusCodes.Status201Created, desk.Show(stored))
            {
                Location = $"/api/v1/rooms/{room}",
                ETag = EntityTag.Of(stored.Version),
            };
        });
    }
}
