using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>
/// Has the last word on who joins and who publishes, where the rules of the room would let them: for an application that asks somebody else. Optional: register one as a singleton beside
/// <c>AddRealtime</c>.
/// </summary>
/// <remarks>
/// It may take its time: whoever is asked about waits, and nobody else. A client's messages are handled one after the other, so they stay in order. Its answers count for the moment: who
/// is in a room is asked about again when they join again.
/// </remarks>
public interface IRoomGuard
{
    /// <summary>Whether it wants to be asked who joins a room. Called for each join; must not wait.</summary>
    bool GuardsJoin(RoomId room);

    /// <summary>Whether it wants to be asked what is published in a room. Called for each message; must not wait.</summary>
    bool GuardsPublish(RoomId room);

    /// <summary>Whether somebody may join.</summary>
    /// <param name="identity">Who.</param>
    /// <param name="room">Which room.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>Null, or why not. An exception refuses too, as <see cref="ErrorCode.Unavailable"/>.</returns>
    ValueTask<ApiError?> CheckJoinAsync(RealtimeIdentity identity, RoomId room, CancellationToken cancellationToken);

    /// <summary>Whether somebody may publish this.</summary>
    /// <param name="identity">Who.</param>
    /// <param name="room">Where.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="payload">The message's payload: a JSON object in UTF-8.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>Null, or why not. An exception refuses too, as <see cref="ErrorCode.Unavailable"/>.</returns>
    ValueTask<ApiError?> CheckPublishAsync(RealtimeIdentity identity, RoomId room, string type, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);
}
