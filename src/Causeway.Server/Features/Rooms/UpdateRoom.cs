using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Changes what is stored of a room; what the request does not name stays. Whoever may not be in it any more is put out.</summary>
internal static class UpdateRoom
{
    /// <summary>What to change.</summary>
    [Example("""{"title":"The new lobby"}""")]
    internal sealed record UpdateRoomRequest
    {
        private readonly string? _title;
        private readonly string? _description;
        private readonly RoomSettingsDocument? _settings;
        private readonly IReadOnlyList<string>? _allowedUsers;

        /// <summary>A title for people, 1–200 characters; null takes it away.</summary>
        [StringLength(RoomRules.MaxTitleLength, MinimumLength = 1)]
        public string? Title
        {
            get => _title;
            init => (_title, NamesTitle) = (value, true);
        }

        /// <summary>What it is for, 1–2,000 characters; null takes it away.</summary>
        [StringLength(RoomRules.MaxDescriptionLength, MinimumLength = 1)]
        public string? Description
        {
            get => _description;
            init => (_description, NamesDescription) = (value, true);
        }

        /// <summary>Where it differs from its namespace, all of it; null or empty for nowhere.</summary>
        public RoomSettingsDocument? Settings
        {
            get => _settings;
            init => (_settings, NamesSettings) = (value, true);
        }

        /// <summary>Exactly those who are to have a role, besides owners, who stay: whoever has one keeps it, others become members. Null or empty for nobody.</summary>
        [MaxLength(RoomRules.MaxAllowedUsers)]
        public IReadOnlyList<string>? AllowedUsers
        {
            get => _allowedUsers;
            init => (_allowedUsers, NamesAllowedUsers) = (value, true);
        }

        [JsonIgnore]
        public bool NamesTitle { get; private init; }

        [JsonIgnore]
        public bool NamesDescription { get; private init; }

        [JsonIgnore]
        public bool NamesSettings { get; private init; }

        [JsonIgnore]
        public bool NamesAllowedUsers { get; private init; }
    }

    public static async Task<IResult> HandleAsync(
        string room_id,
        JsonBody<UpdateRoomRequest> body,
        RequestConditions conditions,
        HttpContext context,
        Caller caller,
        RoomStore store,
        RoomDesk desk,
        RoomAudit audit,
        CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        RoomRules.Check(errors, request.Title, request.Description, request.Settings, request.AllowedUsers);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (await desk.CheckManageAsync(caller, room!, RoomRole.Owner, cancellationToken) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        return await desk.WriteAsync<IResult>(
            async (unit, token) =>
            {
                if (await RoomStore.LockAsync(unit, room!, token) is not { } present)
                {
                    return RoomErrors.NotFound.ToResult();
                }

                if (conditions.Check(present.Version) is { } other)
                {
                    return other.ToResult();
                }

                var wanted = present with
                {
                    Title = request.NamesTitle ? request.Title : present.Title,
                    Description = request.NamesDescription ? request.Description : present.Description,
                    Settings = request.NamesSettings ? StoredRoom.WriteOverrides(request.Settings?.ToOverrides()) : present.Settings,
                };
                var (stored, roles) = await store.UpdateAsync(unit, wanted, request.NamesAllowedUsers ? request.AllowedUsers ?? [] : null, caller.UserId, token);
                await audit.UpdatedAsync(unit, context, present, stored, roles, token);
                return TypedResults.Ok(desk.Show(stored)).WithETag(stored.Version);
            },
            cancellationToken);
    }
}
