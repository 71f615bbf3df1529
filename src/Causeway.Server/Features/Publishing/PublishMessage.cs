using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Publishes one message to a room.</summary>
internal static class PublishMessage
{
    /// <summary>A message for a room.</summary>
    [Example("""{"type":"chat","payload":{"text":"hello"}}""")]
    internal sealed record PublishRequest
    {
        /// <summary>1–64 of <c>a-z 0-9 _ . : -</c>.</summary>
        [Required, RegularExpression(Wire.TypePattern)]
        public string? Type { get; init; }

        /// <summary>Any object; absent means <c>{}</c>.</summary>
        public JsonElement Payload { get; init; }

        /// <summary>Under the conflate policy only the newest message of a key is kept for a slow client; absent: the type.</summary>
        [StringLength(Wire.MaxConflateKeyLength, MinimumLength = 1)]
        public string? ConflateKey { get; init; }
    }

    /// <summary>Where the message stands.</summary>
    /// <param name="Id">The message's unique id.</param>
    /// <param name="Offset">Its position in the room; null where the namespace keeps no history.</param>
    /// <param name="Epoch">The life of the log that the position belongs to.</param>
    internal sealed record Published(Guid Id, long? Offset, string? Epoch);

    public static async Task<IResult> HandleAsync(
        string room_id, JsonBody<PublishRequest> body, Caller caller, Realtime.Rooms rooms, RoomAccess access, MessageLimits limits, HttpContext context, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(RoomId.TryParse(room_id, null, out var room), "room_id", Wire.RoomIdRule);
        Wire.Check(errors, request.Type, request.Payload, request.ConflateKey);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var payload = Wire.PayloadBytes(request.Payload);
        if (limits.Check(payload) is { } tooLarge)
        {
            return tooLarge.ToResult();
        }

        if (!caller.IsAdmin && await access.CheckMessageAsync(caller.ToIdentity(), room!, request.Type!, payload, cancellationToken) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        var options = new PublishOptions { ConflateKey = request.ConflateKey, From = caller.Sender, IdempotencyKey = PublishKey.Of(context) };
        var result = await rooms.PublishAsync(room!, request.Type!, payload, options, cancellationToken);
        return result.Error is { } refused
            ? refused.ToResult()
            : TypedResults.Json(new Published(result.Id, result.Offset, result.Epoch), statusCode: StatusCodes.Status201Created);
    }
}
