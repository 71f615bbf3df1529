namespace Causeway.Realtime;

/// <summary>
/// Where the logs of durable rooms are kept. It gives the offsets, in the transaction that stores the messages: what it has acknowledged is there after any crash, and what it refused
/// has used no offset. Register one as a singleton beside <c>AddRealtime</c>; <c>Causeway.Realtime.Sql</c> has one.
/// </summary>
/// <remarks>
/// Appends come from one writer, one call at a time; the other methods from any thread, also meanwhile. What can't be done at the moment is a <see cref="RoomLogUnavailableException"/>; another
/// exception is logged as a fault, and refuses what was asked for all the same.
/// </remarks>
public interface IRoomLogStore
{
    /// <summary>Opens a room's log, and makes it where there is none.</summary>
    /// <param name="room">The room.</param>
    /// <param name="limits">What is to be kept of it from now on.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>Where it stands, with its newest messages within the limits.</returns>
    Task<RoomLogHead> OpenAsync(RoomId room, RoomLogLimits limits, CancellationToken cancellationToken);

    /// <summary>Whether there is a log of this room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<bool> ExistsAsync(RoomId room, CancellationToken cancellationToken);

    /// <summary>Appends messages to the logs of their rooms, in their order, all or nothing but for those that it refuses one by one.</summary>
    /// <param name="messages">At least one; of any number of rooms.</param>
    /// <param name="cancellationToken">Gives up what was not committed yet.</param>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="RoomLogUnavailableException">Nothing was stored, or nobody knows: then it says what to ask <see cref="ConfirmAsync"/>.</exception>
    Task<IReadOnlyList<RoomLogAppended>> AppendAsync(IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken);

    /// <summary>Finds out whether an append was stored that was cut off in the middle of its commit.</summary>
    /// <param name="doubtful">What it would have returned.</param>
    /// <param name="messages">What was to be appended.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>Whether it was; null where nobody can know any more, since retention has taken all that might have been stored, or the logs are no more.</returns>
    Task<bool?> ConfirmAsync(IReadOnlyList<RoomLogAppended> doubtful, IReadOnlyList<RoomLogAppend> messages, CancellationToken cancellationToken);

    /// <summary>Messages between two positions, both exclusive, ascending: the oldest when there is a lower bound, else the newest.</summary>
    /// <param name="room">The room.</param>
    /// <param name="epoch">The life of the log; another one has no messages.</param>
    /// <param name="after">Null for no bound.</param>
    /// <param name="before">Null for no bound.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<IReadOnlyList<RoomLogMessage>> ReadAsync(RoomId room, string epoch, long? after, long? before, int limit, CancellationToken cancellationToken);

    /// <summary>Where logs stand; those that are not there are not among them.</summary>
    /// <param name="rooms">Their rooms.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    Task<IReadOnlyList<RoomLogPosition>> PositionsAsync(IReadOnlyCollection<RoomId> rooms, CancellationToken cancellationToken);

    /// <summary>Ends a log for good: the next one of this room has another epoch.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>Whether there was one.</returns>
    Task<bool> DeleteAsync(RoomId room, CancellationToken cancellationToken);
}

/// <summary>How much of a log is kept.</summary>
/// <param name="Messages">The newest so many, at least 1.</param>
/// <param name="Age">None older than this.</param>
/// <param name="Durable">Whether it must be there after a crash of the store; one that need not be may be written faster, and begins anew then, with another epoch.</param>
public readonly record struct RoomLogLimits(int Messages, TimeSpan Age, bool Durable = true);

/// <summary>Where a log stands.</summary>
/// <param name="Epoch">Its life: 1 to 32 letters and digits of ASCII.</param>
/// <param name="Newest">The newest position there ever was; 0 for none.</param>
/// <param name="Messages">The newest messages, ascending and without a hole, the last of them at <paramref name="Newest"/>; none where all are too old.</param>
public sealed record RoomLogHead(string Epoch, long Newest, IReadOnlyList<RoomLogMessage> Messages);

/// <summary>How far a log goes.</summary>
/// <param name="Room">Its room.</param>
/// <param name="Epoch">Its life.</param>
/// <param name="Newest">The newest position there ever was.</param>
public sealed record RoomLogPosition(RoomId Room, string Epoch, long Newest);

/// <summary>A stored message.</summary>
public sealed record RoomLogMessage
{
    /// <summary>Its position, from 1.</summary>
    public required long Offset { get; init; }

    /// <summary>Its unique id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its type.</summary>
    public required string Type { get; init; }

    /// <summary>What a conflating member keeps only the newest of; null for the type.</summary>
    public string? ConflateKey { get; init; }

    /// <summary>The sender as JSON in UTF-8; null for the server.</summary>
    public byte[]? Sender { get; init; }

    /// <summary>When it was published, in whole milliseconds.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>A JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>A message to be stored.</summary>
/// <param name="Room">Its room.</param>
/// <param name="Epoch">The life of the log that it is for.</param>
/// <param name="Limits">What is kept of that log.</param>
/// <param name="Message">The message; its offset is 0 until it has one.</param>
public sealed record RoomLogAppend(RoomId Room, string Epoch, RoomLogLimits Limits, RoomLogMessage Message)
{
    /// <summary>Under which it is stored once only, for 24 hours; null for none. Printable ASCII, at most 128 characters.</summary>
    public string? Key { get; init; }

    /// <summary>What the message says, for a key that comes again with another one: 32 bytes; null without a key.</summary>
    public byte[]? Fingerprint { get; init; }
}

/// <summary>What became of a message.</summary>
/// <param name="Status">Whether it was stored.</param>
/// <param name="Offset">Its position, or that of the first under its key; else 0.</param>
/// <param name="Id">The id of the message that has this position.</param>
public readonly record struct RoomLogAppended(RoomLogAppendStatus Status, long Offset, Guid Id);

/// <summary>Whether a message was stored.</summary>
public enum RoomLogAppendStatus
{
    /// <summary>It was.</summary>
    Appended = 1,

    /// <summary>It had been before, under the same key.</summary>
    Repeated,

    /// <summary>Its key was used for another message.</summary>
    KeyReused,

    /// <summary>The log of this epoch is no more.</summary>
    Gone,
}

/// <summary>A log can't be read or written at the moment. What was asked for may be tried again.</summary>
/// <param name="message">Why.</param>
/// <param name="inner">The database's exception.</param>
public sealed class RoomLogUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the append would have returned, when the connection broke in the middle of its commit; null when nothing was stored.</summary>
    public IReadOnlyList<RoomLogAppended>? Doubtful { get; init; }
}
