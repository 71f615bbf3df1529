namespace Causeway.Realtime;

/// <summary>One thing for a loop to do.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Target">With what: the room, batch, membership or connection.</param>
/// <param name="Argument">And what else.</param>
internal readonly record struct LoopWork(LoopWorkKind Kind, object? Target, object? Argument = null);

/// <summary>What a loop can be asked to do.</summary>
internal enum LoopWorkKind
{
    /// <summary>Room: take what was published since its last turn and hand it round.</summary>
    RoomTurn,

    /// <summary>Batch: give it to the members here.</summary>
    Deliver,

    /// <summary>Connection, bytes: send them.</summary>
    Send,

    /// <summary>Direct message: send it to every connection here.</summary>
    Broadcast,

    /// <summary>Connection: it is in the register; greet it, start its stream where it is one, watch its deadlines.</summary>
    Open,

    /// <summary>Membership, join: start its line in the room.</summary>
    Attach,

    /// <summary>Membership, bytes or null: end its line in the room, then send the bytes.</summary>
    Detach,

    /// <summary>Membership, reference or null: answer it with who is in the room, between what it hears of who comes and goes.</summary>
    ListMembers,

    /// <summary>Connection, close: start to close it.</summary>
    Close,

    /// <summary>Connection: the peer's close has come.</summary>
    PeerClosed,

    /// <summary>Connection: nothing will be read from it any more.</summary>
    Gone,

    /// <summary>Connection: it leaves all rooms and the register.</summary>
    Release,

    /// <summary>Connection, exception or null: a write that had to wait has ended.</summary>
    Written,

    /// <summary>Connection: its deadlines have changed.</summary>
    Reschedule,

    /// <summary>Time has passed.</summary>
    Tick,
}

/// <summary>How to close a connection.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Notice">What to send before the close; null for nothing. With a notice, what waits is sent first; without, it is discarded.</param>
/// <param name="HandOver">How long the close may take to reach the socket.</param>
internal sealed record CloseRequest(CloseReason Reason, byte[]? Notice = null, TimeSpan? HandOver = null)
{
    /// <summary>True where the peer's frames can't be understood any more, its answer to the close included: the line is half closed after it.</summary>
    public bool IsFinal { get; init; }
}
