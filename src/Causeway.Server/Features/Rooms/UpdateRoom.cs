using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Changes what a room was created with; what the request does not name stays.</summary>
internal static class UpdateRoom
{
    /// <summary>What to change.</summary>
    [Example("""{"title":"The lobby"}""")]
    internal sealed record UpdateRoomRequest
    {
        private readonly string? _title;
        private readonly IReadOnlyList<string>? _allowedUsers;

        /// <summary>A title for people, 1–200 characters; null takes it away.</summary>
        [StringLength(RoomRules.MaxTitleLength, MinimumLength = 1)]
        public string? Title
        {
            get => _title;
            init => (_title, NamesTitle) = (value, true);
        }

        /// <summary>The users who may join where the namespace says <c>members</c>; null or empty for nobody.</summary>
        [MaxLength(RoomRules.MaxAllowedUsers)]
        public IReadOnlyList<string>? AllowedUsers
        {
            get => _allowedUsers;
            init => (_allowedUsers, NamesAllowedUsers) = (value, true);
        }

        [JsonIgnore]
        public bool NamesTitle { get; private init; }

        [JsonIgnore]
        public bool NamesAllowedUsers { get; private init; }
    }

    public static IResult Handle(string room_id, JsonBody<UpdateRoomRequest> body, Realtime.Rooms rooms)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        RoomRules.Check(errors, request.Title, request.AllowedUsers);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (rooms.Find(room!) is not { } before)
        {
            return RoomErrors.NotFound.ToResult();
        }

        var settings = new RoomSettings
        {
            Title = request.NamesTitle ? request.Title : before.Settings.Title,
            AllowedUsers = request.NamesAllowedUsers ? request.AllowedUsers ?? [] : before.Settings.AllowedUsers,
        };
        if (rooms.Update(room!, settings) is { } refused)
        {
            return refused.ToResult();
        }

        return rooms.Find(room!) is { } after ? TypedResults.Ok(RoomResponse.From(after)) : RoomErrors.NotFound.ToResult();
    }
}
