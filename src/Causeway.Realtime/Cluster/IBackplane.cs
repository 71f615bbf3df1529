namespace Causeway.Realtime;

/// <summary>
/// Carries small items between the nodes of a cluster. It may lose them, and says so as soon as it can carry again: what matters is in the logs and in the
/// <see cref="IClusterStore"/>, and is read from there then. Register one as a singleton beside <c>AddRealtime</c>; <c>Causeway.Realtime.Sql</c> has one, and
/// <c>Causeway.Realtime.RabbitMq</c>.
/// </summary>
public interface IBackplane
{
    /// <summary>Begins to carry, and goes on until <see cref="StopAsync"/>, however often what it hangs on comes and goes.</summary>
    /// <param name="receiver">Gets what the other nodes send.</param>
    void Start(IBackplaneReceiver receiver);

    /// <summary>
    /// Sends an item to the other nodes. Never waits; while it is cut off, nothing is kept. Items of one room arrive in the order in which they were sent; one that concerns no room comes after all that were
    /// sent before it, and before all that are sent after it. An item that was lost on the way must be made good for: the nodes that missed it are told, by <see cref="IBackplaneReceiver.Missed"/> or
    /// <see cref="IBackplaneReceiver.Restored"/>, also when it is the sender that was cut off.
    /// </summary>
    /// <param name="room">The room that it concerns: nodes that do not follow that need not get it. Null for an item for every node.</param>
    /// <param name="item">Kept until it is sent: do not reuse the buffer.</param>
    void Send(RoomId? room, ReadOnlyMemory<byte> item);

    /// <summary>
    /// This node opens a room: from the end of this call on, what is sent for it is heard. What was sent before may come after it, but not without all that was sent since: what is read in between would be taken
    /// for the older. Each call has its <see cref="Unfollow"/>.
    /// </summary>
    /// <param name="room">The room.</param>
    /// <returns>Never fails, and does not wait for long: where it can't be heard yet, the receiver is told once it is.</returns>
    ValueTask FollowAsync(RoomId room);

    /// <summary>This node has let a room go that it followed.</summary>
    /// <param name="room">The room.</param>
    void Unfollow(RoomId room);

    /// <summary>Sends what is waiting, as long as there is time, and ends.</summary>
    /// <param name="cancellationToken">There is no more time.</param>
    Task StopAsync(CancellationToken cancellationToken);
}

/// <summary>Where a backplane delivers. <see cref="Receive"/> is called by one thread at a time; the others may come meanwhile.</summary>
public interface IBackplaneReceiver
{
    /// <summary>Takes an item of another node, each node's in its order.</summary>
    /// <param name="item">Read before the method returns.</param>
    void Receive(ReadOnlySpan<byte> item);

    /// <summary>From here on everything is heard again: what was sent before may be missing.</summary>
    void Restored();

    /// <summary>Everything is heard, but of some rooms something is missing that was sent before.</summary>
    /// <param name="rooms">Which rooms those are.</param>
    void Missed(Predicate<RoomId> rooms);

    /// <summary>From here on nothing is heard.</summary>
    void Interrupted();
}
