using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>What became of a publish.</summary>
public readonly record struct PublishResult
{
    private PublishResult(Guid id, long? offset, string? epoch, ApiError? error) => (Id, Offset, Epoch, Error) = (id, offset, epoch, error);

    /// <summary>The message's unique id, a UUIDv7.</summary>
    public Guid Id { get; }

    /// <summary>The message's position in its room, from 1; null in a namespace without history.</summary>
    public long? Offset { get; }

    /// <summary>The life of the log that <see cref="Offset"/> belongs to; null without history.</summary>
    public string? Epoch { get; }

    /// <summary>Why it was refused; null when it was published.</summary>
    public ApiError? Error { get; }

    /// <summary>True when the room has the message.</summary>
    public bool Published => Error is null && Id != default;

    internal static PublishResult Success(Guid id, long? offset, string? epoch) => new(id, offset, epoch, null);

    internal static PublishResult Refused(ApiError error) => new(default, null, null, error);
}

/// <summary>What became of a message to connections.</summary>
/// <param name="Id">The message's unique id, a UUIDv7.</param>
/// <param name="Connections">Connections it was handed to.</param>
public readonly record struct SendResult(Guid Id, int Connections);

/// <summary>What a publish may say besides type and payload.</summary>
public sealed record PublishOptions
{
    /// <summary>Under the <c>conflate</c> policy only the newest message of a key is kept for a slow client; null: the key is the type. At most 64 characters.</summary>
    public string? ConflateKey { get; init; }

    /// <summary>Who it is from; null for the server.</summary>
    public MessageSender? From { get; init; }

    /// <summary>
    /// In a durable room, for 24 hours: a second publish under the same key stores nothing and gets the first one's id and position, also after a crash; another message under it is refused with
    /// <see cref="ErrorCode.ValidationError"/>. Rooms in memory take no notice. 1–128 printable ASCII characters; null for none.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>True for a message that gets no offset and is not stored, such as <c>typing</c>.</summary>
    public bool Ephemeral { get; init; }
}

/// <summary>The sender of a room message, as members see it.</summary>
/// <param name="UserId">The user, null without identity.</param>
/// <param name="Name">The user's name, where known.</param>
/// <param name="ConnectionId">The connection it came on.</param>
public sealed record MessageSender(string? UserId, string? Name, string? ConnectionId);
