using Causeway.Http;

namespace Causeway.Server;

/// <summary>What the room endpoints refuse with.</summary>
internal static class RoomErrors
{
    public static ApiError NotFound { get; } = new(ErrorCode.RoomNotFound, "There is no such room.");

    public static ApiError BadId { get; } = FieldErrors.For("room_id", Wire.RoomIdRule);
}
