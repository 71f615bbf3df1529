using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The errors that more than one place gives.</summary>
internal static class Refusals
{
    /// <summary>When it is worth to ask a log again that could not be used.</summary>
    private static readonly TimeSpan LogRetry = TimeSpan.FromSeconds(1);

    public static ApiError NotInRoom(RoomId room) => new(ErrorCode.NotInRoom, $"Not in room '{room}': join it first.") { Details = Room(room) };

    public static ApiError RoomNotFound(RoomId room) => new(ErrorCode.RoomNotFound, $"There is no room '{room}'.") { Details = Room(room) };

    public static ApiError RoomFull(RoomId room, int limit) =>
        new(ErrorCode.RoomFull, $"Room '{room}' has its {limit} members.") { Details = Room(room) };

    public static ApiError TooManyRooms(int limit) =>
        new(ErrorCode.TooManyRooms, $"A connection may be in {limit} rooms.") { Details = new JsonObject { ["limit"] = limit } };

    public static ApiError JoinForbidden(RoomId room) => new(ErrorCode.Forbidden, $"You may not join room '{room}'.") { Details = Room(room) };

    public static ApiError PublishForbidden(RoomId room) => new(ErrorCode.Forbidden, $"You may not publish in room '{room}'.") { Details = Room(room) };

    public static ApiError CreateForbidden(RoomId room) => new(ErrorCode.Forbidden, $"You may not create room '{room}'.") { Details = Room(room) };

    public static ApiError ReservedType(string type) => new(ErrorCode.Forbidden, $"The type '{type}' belongs to the protocol.");

    public static ApiError Invalid(string field, string rule) =>
        new(ErrorCode.ValidationError, $"{field}: {rule}") { Details = new JsonObject { ["fields"] = new JsonObject { [field] = rule } } };

    public static ApiError RateLimited(TimeSpan wait) => new(ErrorCode.RateLimited, "Too many messages; slow down.")
    {
        Details = new JsonObject { ["retry_after_ms"] = (long)Math.Ceiling(wait.TotalMilliseconds) },
        RetryAfter = wait,
    };

    public static ApiError CredentialExpired { get; } = new(ErrorCode.Unauthorized, "The credential has expired.");

    public static ApiError Draining(TimeSpan wait) => new(ErrorCode.Draining, "The server is stopping; come back in a moment.") { RetryAfter = wait };

    /// <summary>A room whose log is not open yet; never told to anybody.</summary>
    public static ApiError NotOpen { get; } = new(ErrorCode.Unavailable, "The room is not open yet.");

    public static ApiError PresenceUnavailable => Later("Who is in the room on other nodes can't be read at the moment.");

    public static ApiError LogUnavailable => Later("The room's log can't be used at the moment; nothing was stored.");

    public static ApiError LogInDoubt => Later("The room's log was lost while it stored this; it may be there.");

    public static ApiError LogBusy => Later("Too many messages wait for the log; nothing was stored.");

    public static ApiError LogNotOpened(RoomId room) => Later($"The log of room '{room}' can't be read at the moment.");

    public static ApiError KeyReused { get; } = new(ErrorCode.ValidationError, "This idempotency key was used for another message; a new message needs a new key.");

    private static ApiError Later(string message) => new(ErrorCode.Unavailable, message)
    {
        Details = new JsonObject { ["retry_after_ms"] = (long)LogRetry.TotalMilliseconds },
        RetryAfter = LogRetry,
    };

    private static JsonObject Room(RoomId room) => new() { ["room_id"] = room.Value };
}
