using Causeway.Http;

namespace Causeway.Server;

/// <summary>What the room endpoints refuse with.</summary>
internal static class RoomErrors
{
    public static ApiError NotFound { get; } = new(ErrorCode.RoomNotFound, "There is no such room.");

    public static ApiError Taken(Realtime.RoomId room) => new(ErrorCode.Conflict, $"Room '{room}' was created before.");

    public static ApiError NoRole { get; } = new(ErrorCode.NotFound, "The user has no role in the room.");

    public static ApiError BadId { get; } = FieldErrors.For("room_id", Wire.RoomIdRule);
}
