namespace Causeway.Realtime;

/// <summary>
/// Where an application keeps its rooms: which there are, the rules of their own, and who has which role in them. Register one as a singleton beside <c>AddRealtime</c>.
/// </summary>
/// <remarks>
/// It is asked when a room is opened that is not in memory, and when a user comes to a room that it knows; never for a message, and nothing is loaded at start.
/// What it says is kept with the room as long as that is in memory, so tell <see cref="Rooms.RefreshAsync(RoomId, string?, CancellationToken)"/> of every change.
/// An exception refuses the one who asked with <c>UNAVAILABLE</c>, as does an answer that takes over 10 s. It must not depend on <see cref="Rooms"/>.
/// </remarks>
public interface IRoomDirectory
{
    /// <summary>A room and one user's role in it, read at once.</summary>
    /// <param name="room">The room.</param>
    /// <param name="userId">The user; null for nobody in particular.</param>
    /// <param name="cancellationToken">Nobody waits for the answer any more.</param>
    /// <returns>Null where the directory has no such room.</returns>
    ValueTask<RoomEntry?> FindAsync(RoomId room, string? userId, CancellationToken cancellationToken);

    /// <summary>The roles of those users who have one in a room; asked when a room changes while they are in it.</summary>
    /// <param name="room">The room.</param>
    /// <param name="userIds">At most 500.</param>
    /// <param name="cancellationToken">Nobody waits for the answer any more.</param>
    ValueTask<IReadOnlyDictionary<string, RoomRole>> FindRolesAsync(RoomId room, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken);

    /// <summary>Why a room is no more that the directory had: asked when that is found out while somebody is in it, who is told so by <c>room_closed</c>.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Nobody waits for the answer any more.</param>
    /// <returns>Null, as where this is not implemented, for a text of ours.</returns>
    ValueTask<string?> FindReasonAsync(RoomId room, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);
}

/// <summary>What a directory knows of a room.</summary>
/// <param name="Overrides">Where the room differs from its namespace; null for nowhere.</param>
/// <param name="Role">The role of the user who was asked for; null for none.</param>
public sealed record RoomEntry(RoomOverrides? Overrides, RoomRole? Role);

/// <summary>Where one room differs from its namespace. A property left null takes the namespace's value; the ranges are those of <see cref="NamespaceOptions"/>.</summary>
public sealed record RoomOverrides
{
    /// <summary>As <see cref="NamespaceOptions.History"/>.</summary>
    public int? History { get; init; }

    /// <summary>As <see cref="NamespaceOptions.HistorySeconds"/>.</summary>
    public int? HistorySeconds { get; init; }

    /// <summary>As <see cref="NamespaceOptions.Presence"/>.</summary>
    public bool? Presence { get; init; }

    /// <summary>As <see cref="NamespaceOptions.Join"/>.</summary>
    public JoinRule? Join { get; init; }

    /// <summary>As <see cref="NamespaceOptions.Publish"/>.</summary>
    public PublishRule? Publish { get; init; }

    /// <summary>As <see cref="NamespaceOptions.SlowConsumer"/>.</summary>
    public SlowConsumerPolicy? SlowConsumer { get; init; }

    /// <summary>As <see cref="NamespaceOptions.MaxMembers"/>.</summary>
    public int? MaxMembers { get; init; }
}

/// <summary>What a user is in a room of a directory. Each role may do what those after it may.</summary>
public enum RoomRole
{
    /// <summary>May change and delete the room, and give every role.</summary>
    Owner = 1,

    /// <summary>May let members and readers in, and put them out.</summary>
    Moderator,

    /// <summary>May join where the rule is <see cref="JoinRule.Members"/>, and publish where it is <see cref="PublishRule.Members"/>.</summary>
    Member,

    /// <summary>May join where the rule is <see cref="JoinRule.Members"/>, but is no member where it comes to publishing.</summary>
    Reader,
}
