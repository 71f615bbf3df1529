using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Causeway.Http;
using Causeway.Realtime;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Publishes up to a thousand messages, one after the other; each has a result of its own, so a bad one does not stop the rest.</summary>
internal static class PublishBatch
{
    public const int MaxMessages = 1_000;

    /// <summary>The messages, in the order in which they are to be published.</summary>
    [Example("""{"messages":[{"room_id":"lobby","type":"chat","payload":{"text":"hello"}},{"user_id":"ada","type":"notice"}]}""")]
    internal sealed record BatchRequest
    {
        /// <summary>At most 1,000.</summary>
        [Required, MaxLength(MaxMessages)]
        public IReadOnlyList<JsonElement>? Messages { get; init; }
    }

    /// <summary>One message, for a room or for all devices of a user.</summary>
    internal sealed record BatchMessage
    {
        /// <summary>The room; either this or <c>user_id</c>.</summary>
        [RegularExpression(Wire.RoomIdPattern)]
        public string? RoomId { get; init; }

        /// <summary>The user; either this or <c>room_id</c>.</summary>
        [StringLength(Wire.MaxUserIdLength, MinimumLength = 1)]
        public string? UserId { get; init; }

        /// <summary>1–64 of <c>a-z 0-9 _ . : -</c>.</summary>
        [Required, RegularExpression(Wire.TypePattern)]
        public string? Type { get; init; }

        /// <summary>Any object; absent means <c>{}</c>.</summary>
        public JsonElement Payload { get; init; }

        /// <summary>Under the conflate policy only the newest message of a key is kept for a slow client; absent: the type.</summary>
        [StringLength(Wire.MaxConflateKeyLength, MinimumLength = 1)]
        public string? ConflateKey { get; init; }
    }

    /// <summary>What became of the messages, in their order.</summary>
    internal sealed record BatchResponse(IReadOnlyList<BatchResult> Results);

    /// <summary>Where one message stands, or why it was refused.</summary>
    internal sealed record BatchResult
    {
        /// <summary>The message's unique id.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public Guid? Id { get; init; }

        /// <summary>Its position in the room; absent where there is none.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public long? Offset { get; init; }

        /// <summary>The life of the log that the position belongs to.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Epoch { get; init; }

        /// <summary>For a message to a user: the connections it was handed to.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public int? Connections { get; init; }

        /// <summary>Why it was refused.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public BatchError? Error { get; init; }
    }

    /// <summary>The error of one message; the same codes as everywhere.</summary>
    internal sealed record BatchError(string Code, string Message, JsonObject Details);

    public static async Task<IResult> HandleAsync(
        JsonBody<BatchRequest> body, Caller caller, Realtime.Rooms rooms, Realtime.Connections connections, RoomAccess access, MessageLimits limits,
        IOptions<JsonOptions> json, HttpContext context, CancellationToken cancellationToken)
    {
        if (body.Value.Messages is not { Count: <= MaxMessages } messages)
        {
            return FieldErrors.For("messages", $"Must be a list of at most {MaxMessages} messages.").ToResult();
        }

        var verdicts = new Dictionary<string, ApiError?>(StringComparer.Ordinal);
        var results = new BatchResult?[messages.Count];
        var key = PublishKey.Of(context);

        // What waits for a log is waited for together: a thousand messages of a durable room share few commits. The first of each room opens it, so that the others come after it.
        var waiting = new List<(int Index, Task<PublishResult> Publishing)>();
        var opened = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = await PublishAsync(messages[i], i);
        }

        foreach (var (index, publishing) in waiting)
        {
            results[index] = Result(await publishing);
        }

        return TypedResults.Ok(new BatchResponse(results!));

        async ValueTask<BatchResult?> PublishAsync(JsonElement element, int index)
        {
            BatchMessage? message;
            try
            {
                message = element.Deserialize<BatchMessage>(json.Value.SerializerOptions);
            }
            catch (JsonException exception)
            {
                return Refuse(JsonShape.Describe(exception));
            }

            if (message is null)
            {
                return Refuse(FieldErrors.For("$", "Must be an object."));
            }

            if (Check(message) is { } invalid)
            {
                return Refuse(invalid);
            }

            if (await CheckAccessAsync(message) is { } forbidden)
            {
                return Refuse(forbidden);
            }

            var payload = Wire.PayloadBytes(message.Payload);
            if (limits.Check(payload) is { } tooLarge)
            {
                return Refuse(tooLarge);
            }

            if (message.RoomId is null)
            {
                var sent = connections.SendToUser(message.UserId!, message.Type!, payload);
                return new BatchResult { Id = sent.Id, Connections = sent.Connections };
            }

            var options = new PublishOptions { ConflateKey = message.ConflateKey, From = caller.Sender, IdempotencyKey = PublishKey.Of(key, index) };
            var room = RoomId.Parse(message.RoomId);
            if (!caller.IsAdmin && await access.CheckMessageAsync(caller.ToIdentity(), room, message.Type!, payload, cancellationToken) is { } refused)
            {
                return Refuse(refused);
            }

            var publishing = rooms.PublishAsync(room, message.Type!, payload, options, cancellationToken);
            if (publishing.IsCompleted || opened.Add(message.RoomId) || rooms.Find(room) is not { Durable: true })
            {
                return Result(await publishing);
            }

            waiting.Add((index, publishing.AsTask()));
            return null;
        }

        // The rooms of a batch are few: each is asked for once.
        async ValueTask<ApiError?> CheckAccessAsync(BatchMessage message)
        {
            if (message.RoomId is null)
            {
                return caller.Has("messages:write") ? null : AccessErrors.Forbidden;
            }

            if (!caller.IsAdmin && !verdicts.TryGetValue(message.RoomId, out _))
            {
                verdicts[message.RoomId] = await access.CheckPublishAsync(caller.ToIdentity(), RoomId.Parse(message.RoomId), cancellationToken);
            }

            return verdicts.GetValueOrDefault(message.RoomId);
        }
    }

    private static ApiError? Check(BatchMessage message)
    {
        var errors = new FieldErrors();
        errors.Check(message.RoomId is null != message.UserId is null, "room_id", "Either room_id or user_id must be given.");
        errors.Check(message.RoomId is null || Wire.IsRoomId(message.RoomId), "room_id", Wire.RoomIdRule);
        errors.Check(message.UserId is null || Wire.IsUserId(message.UserId), "user_id", Wire.UserIdRule);
        Wire.Check(errors, message.Type, message.Payload, message.ConflateKey);
        return errors.ToError();
    }

    private static BatchResult Result(PublishResult result) => result.Error is { } refused
        ? Refuse(refused)
        : new BatchResult { Id = result.Id, Offset = result.Offset, Epoch = result.Epoch };

    private static BatchResult Refuse(ApiError error) => new()
    {
        Error = new BatchError(error.Code.Name, error.Message, error.Details ?? []),
    };
}
