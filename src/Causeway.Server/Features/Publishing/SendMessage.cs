using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Sends a message past all rooms: to a user, to one connection or to everybody.</summary>
internal static class SendMessage
{
    /// <summary>A message for connections.</summary>
    [Example("""{"type":"notice","payload":{"text":"hello"}}""")]
    internal sealed record SendRequest
    {
        /// <summary>1–64 of <c>a-z 0-9 _ . : -</c>.</summary>
        [Required, RegularExpression(Wire.TypePattern)]
        public string? Type { get; init; }

        /// <summary>Any object; absent means <c>{}</c>.</summary>
        public JsonElement Payload { get; init; }
    }

    /// <summary>What became of it.</summary>
    /// <param name="Id">The message's unique id.</param>
    /// <param name="Connections">Connections it was handed to.</param>
    internal sealed record Sent(Guid Id, int Connections);

    public static IResult ToUser(string user_id, JsonBody<SendRequest> body, Realtime.Connections connections, MessageLimits limits)
    {
        var errors = new FieldErrors();
        errors.Check(Wire.IsUserId(user_id), "user_id", Wire.UserIdRule);
        return Send(errors, body.Value, limits, (type, payload) => connections.SendToUser(user_id, type, payload));
    }

    public static IResult ToConnection(string connection_id, JsonBody<SendRequest> body, Realtime.Connections connections, MessageLimits limits) =>
        connections.Find(connection_id) is null
            ? ConnectionErrors.NotFound.ToResult()
            : Send(new FieldErrors(), body.Value, limits, (type, payload) => connections.SendToConnection(connection_id, type, payload));

    public static IResult ToEverybody(JsonBody<SendRequest> body, Realtime.Connections connections, MessageLimits limits) =>
        Send(new FieldErrors(), body.Value, limits, (type, payload) => connections.Broadcast(type, payload));

    private static IResult Send(FieldErrors errors, SendRequest request, MessageLimits limits, Func<string, byte[], SendResult> send)
    {
        Wire.Check(errors, request.Type, request.Payload, conflateKey: null);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var payload = Wire.PayloadBytes(request.Payload);
        if (limits.Check(payload) is { } tooLarge)
        {
            return tooLarge.ToResult();
        }

        var result = send(request.Type!, payload);
        return TypedResults.Json(new Sent(result.Id, result.Connections), statusCode: StatusCodes.Status201Created);
    }
}
