using System.ComponentModel.DataAnnotations;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Creates a room that stays until it is deleted.</summary>
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

        /// <summary>The users who may join where the namespace says <c>members</c>; at most 10,000.</summary>
        [MaxLength(RoomRules.MaxAllowedUsers)]
        public IReadOnlyList<string>? AllowedUsers { get; init; }
    }

    public static IResult Handle(JsonBody<CreateRoomRequest> body, Realtime.Rooms rooms)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(Realtime.RoomId.TryParse(request.RoomId, null, out var room), "room_id", Wire.RoomIdRule);
        RoomRules.Check(errors, request.Title, request.AllowedUsers);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (rooms.Create(room!, new RoomSettings { Title = request.Title, AllowedUsers = request.AllowedUsers ?? [] }) is { } refused)
        {
            return refused.ToResult();
        }

        return rooms.Find(room!) is { } created
            ? TypedResults.Created($"/api/v1/rooms/{room}", RoomResponse.From(created))
            : new ApiError(ErrorCode.Conflict, "The room was deleted while it was being created.").ToResult();
    }
}
