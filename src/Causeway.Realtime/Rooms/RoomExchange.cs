using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>What to publish.</summary>
/// <param name="Type">A valid type.</param>
/// <param name="Payload">A JSON object without line breaks; kept by the room.</param>
internal readonly record struct RoomPublish(string Type, ReadOnlyMemory<byte> Payload)
{
    public string? ConflateKey { get; init; }

    /// <summary>The sender as JSON; null for the server.</summary>
    public byte[]? From { get; init; }

    public bool Ephemeral { get; init; }

    /// <summary>The member that does not want to hear it.</summary>
    public Membership? Excluded { get; init; }

    /// <summary>The trace that follows it; null while nobody traces.</summary>
    public Activity? Span { get; init; }

    /// <summary>Under which a durable room takes it once; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>What it says, to be compared with another one under the same key.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{Type}\n{ConflateKey}\n"));
        hash.AppendData(From ?? []);
        hash.AppendData(Payload.Span);
        return hash.GetHashAndReset();
    }
}

/// <summary>What became of a publish.</summary>
/// <param name="Message">As the room has it; null when it was refused.</param>
/// <param name="Epoch">The life of the room's log.</param>
/// <param name="Error">Why it was refused; null when it was published.</param>
internal readonly record struct PublishOutcome(RoomMessage? Message, string? Epoch, ApiError? Error)
{
    /// <summary>The room's log ended before the message came to it: look the room up again.</summary>
    public static PublishOutcome RoomGone => default;

    public bool IsGone => Message is null && Error is null && Repeated is null;

    /// <summary>The message that was published before under the same key; null for a new one.</summary>
    public (Guid Id, long Offset)? Repeated { get; private init; }

    public static PublishOutcome Refused(ApiError error) => new(null, null, error);

    public static PublishOutcome Repeat(Guid id, long offset, string epoch) => new(null, epoch, null) { Repeated = (id, offset) };

    /// <summary>The same, as applications get it.</summary>
    public PublishResult ToResult() => Error is { } error ? PublishResult.Refused(error)
        : Repeated is { } first ? PublishResult.Success(first.Id, first.Offset, Epoch)
        : Message!.Offset > 0 ? PublishResult.Success(Message.Id, Message.Offset, Epoch)
        : PublishResult.Success(Message.Id, null, null);
}

/// <summary>What a client asked of its join.</summary>
/// <param name="Reference">What the answer repeats.</param>
/// <param name="Since">The last position it has.</param>
/// <param name="History">Messages it wants when it can't be recovered.</param>
internal sealed record JoinRequest(string? Reference, RoomPosition? Since, int History)
{
    /// <summary>Members named in the answer.</summary>
    public const int ListedMembers = 100;
}

/// <summary>Where a member's line starts.</summary>
/// <param name="Newest">The newest position in the log.</param>
/// <param name="From">What follows is everything after this.</param>
/// <param name="Recovered">Whether that is all the client missed.</param>
/// <param name="Members">Who is there.</param>
internal readonly record struct AttachPoint(long Newest, long From, bool Recovered, MemberList Members);

/// <summary>Where a read of the log ended.</summary>
/// <param name="Sequence">The room's newest sequence number, live after which a caught-up member is.</param>
/// <param name="Lost">Messages that retention took before they were read.</param>
internal readonly record struct ReadPoint(long Sequence, long Lost);

/// <summary>Members of a room; the list is null where there is no presence.</summary>
internal readonly record struct MemberList(IReadOnlyList<RoomMember>? Members, int Count);

internal enum JoinStatus
{
    Joined = 1,
    Full,
    Closed,
    NotOpen,
}

internal enum RoomChange
{
    Done = 1,
    Exists,
    Closed,
}
