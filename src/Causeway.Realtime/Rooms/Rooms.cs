using System.Collections.Concurrent;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The rooms: publish to them, list them, and look inside.</summary>
public sealed class Rooms
{
    private const int MaxIdempotencyKey = 128;

    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private readonly LiveCore _core;
    private int _version;
    private int _created;

    internal Rooms(LiveCore core) => _core = core;

    /// <summary>Rooms there are now.</summary>
    public int Count => _rooms.Count;

    /// <summary>Whether this node is one of its cluster and hears the others now; always true for a process on its own.</summary>
    public bool IsInTouch => _core.Cluster is not { } cluster || (cluster.IsConnected && cluster.IsMember);

    /// <summary>This node's id in its cluster: another one each time it comes. Null for a process on its own.</summary>
    public string? NodeId => _core.Cluster?.Node;

    /// <summary>Publishes one message to a room, as the server: namespace rules on who may publish do not apply.</summary>
    /// <param name="room">The room; created when the namespace allows it.</param>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>, and none of the protocol's own.</param>
    /// <param name="payload">A JSON object in UTF-8. Not copied: do not reuse the buffer.</param>
    /// <param name="options">Sender, conflation key; null for none.</param>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    /// <returns>The message's id and offset, or why it was refused.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public ValueTask<PublishResult> PublishAsync(
        RoomId room, string type, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(type);
        cancellationToken.ThrowIfCancellationRequested();
        if (Check(type, ref payload, options) is { } error)
        {
            return ValueTask.FromResult(PublishResult.Refused(error));
        }

        var publish = new RoomPublish(type, payload)
        {
            ConflateKey = options?.ConflateKey,
            From = options?.From is { } from ? ServerMessages.Sender(from) : null,
            Ephemeral = options?.Ephemeral ?? false,
            IdempotencyKey = options?.IdempotencyKey,
        };
        var publishing = PublishAsync(room, publish);
        return publishing.IsCompletedSuccessfully ? ValueTask.FromResult(publishing.Result.ToResult()) : WaitAsync(publishing, cancellationToken);

        static async ValueTask<PublishResult> WaitAsync(ValueTask<PublishOutcome> publishing, CancellationToken cancellationToken) =>
            (await publishing.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false)).ToResult();
    }

    /// <summary>Whether a message may be published at all, whatever the room: for whoever keeps it, to publish it later.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="options">What else it says.</param>
    /// <returns>Null, or what is wrong.</returns>
    public static ApiError? Check(string type, ReadOnlyMemory<byte> payload, PublishOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Check(type, ref payload, options);
    }

    /// <summary>A snapshot of the rooms in memory, ordered by id (ordinal).</summary>
    public IReadOnlyList<RoomInfo> List() =>
        [.. _rooms.Values.Select(static room => room.Describe()).OrderBy(static room => room.Id.Value, StringComparer.Ordinal)];

    /// <summary>One room; null where there is none in memory.</summary>
    public RoomInfo? Find(RoomId room)
    {
        ArgumentNullException.ThrowIfNull(room);
        return Get(room)?.Describe();
    }

    /// <summary>Creates a room that stays until it is deleted; one that came to be by itself becomes such a room.</summary>
    /// <returns>Null, or why not: <see cref="ErrorCode.Conflict"/> when it was created before.</returns>
    public ApiError? Create(RoomId room, RoomSettings settings)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(settings);
        while (true)
        {
            switch (GetOrCreate(room, entry: null).TrySetSettings(settings, mustExist: false))
            {
                case RoomChange.Done:
                    return null;
                case RoomChange.Exists:
                    return new ApiError(ErrorCode.Conflict, $"Room '{room}' was created before.");
            }
        }
    }

    /// <summary>Replaces what a room was created with. Members who may not be in it any more are out, told by <c>kicked</c>.</summary>
    /// <returns>Null, or <see cref="ErrorCode.RoomNotFound"/>.</returns>
    public ApiError? Update(RoomId room, RoomSettings settings)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(settings);
        if (Get(room) is not { } found || found.TrySetSettings(settings, mustExist: true) is not RoomChange.Done)
        {
            return Refusals.RoomNotFound(room);
        }

        CountChange();
        foreach (var member in found.MembersWhere(_ => found.Entry is null))
        {
            member.Role = found.RoleWithoutDirectory(member.Connection.Identity.UserId);
        }

        RoomDoor.Reexamine(found, "access to this room has changed");
        return null;
    }

    /// <summary>
    /// Tells that the <see cref="IRoomDirectory"/> has changed: a room's rules, its being there at all, or who has which role in it. What is in memory is read anew, and
    /// whoever may not stay is out, told by <c>kicked</c>; where the directory has lost the room, it is closed, told by <c>room_closed</c> with the reason that
    /// <see cref="IRoomDirectory.FindReasonAsync"/> gives. Changes one after the other; does nothing for a room that nobody has open, nor without a directory.
    /// </summary>
    /// <param name="room">The room.</param>
    /// <param name="reason">What those who are put out are told; null for a text of ours.</param>
    /// <param name="cancellationToken">Stops waiting; the change may then be taken over in part, so call again.</param>
    public Task RefreshAsync(RoomId room, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        return _core.Refresh.RunAsync(room, reason, cancellationToken);
    }

    /// <summary>As <see cref="RefreshAsync(RoomId, string?, CancellationToken)"/>, where nothing but one user's role has changed.</summary>
    /// <param name="room">The room.</param>
    /// <param name="userId">The user whose role it is.</param>
    /// <param name="reason">What they are told when they are put out; null for a text of ours.</param>
    /// <param name="cancellationToken">Stops waiting; call again then.</param>
    public Task RefreshUserAsync(RoomId room, string userId, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(userId);
        return _core.Refresh.RunAsync(room, userId, reason, cancellationToken);
    }

    /// <summary>One room, opened where it is a durable one that is not in memory; null where there is none.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Stops waiting for its log.</param>
    /// <exception cref="RoomLogUnavailableException">Its log can't be read at the moment.</exception>
    public async ValueTask<RoomInfo?> FindAsync(RoomId room, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        return (await FindOpenAsync(room, cancellationToken).ConfigureAwait(false))?.Describe();
    }

    /// <summary>Ends a room for good: its members get <c>room_closed</c> and are out, its log is gone, also that of a durable room that is not in memory.</summary>
    /// <param name="room">The room.</param>
    /// <param name="reason">What its members are told.</param>
    /// <param name="cancellationToken">Stops waiting; it may be done all the same.</param>
    /// <returns>Whether there was such a room.</returns>
    /// <exception cref="RoomLogUnavailableException">The log of a durable room can't be deleted at the moment; nothing was done.</exception>
    public async Task<bool> DeleteAsync(RoomId room, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        var hadLog = _core.Logs is { } logs && (Get(room)?.Rules ?? _core.RulesOf(room)).KeepsLogs && await logs.DeleteAsync(room, cancellationToken).ConfigureAwait(false);
        _core.Cluster?.Closed(room, reason);
        return Close(room, reason) || hadLog;
    }

    /// <summary>Ends a room on this node: its members get <c>room_closed</c> and are out. The log is gone, but for what is stored of a durable room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="reason">What its members are told.</param>
    /// <returns>Whether it was in memory.</returns>
    public bool Close(RoomId room, string reason)
    {
        ArgumentNullException.ThrowIfNull(room);
        return Get(room) is { } found && Close(found, reason);
    }

    /// <summary>
    /// Who is in a room, in the order of user ids (ordinal, null first); null where there is no such room, or this node has not read who is in it elsewhere (<see cref="MembersAsync"/> does). Empty in a namespace
    /// without presence.
    /// </summary>
    public IReadOnlyList<RoomMember>? Members(RoomId room)
    {
        ArgumentNullException.ThrowIfNull(room);
        return Get(room) is { IsOpen: true } found ? found.Attendance.List(int.MaxValue).Members ?? [] : null;
    }

    /// <summary>As <see cref="Members"/>, of a room on any node.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Stops waiting for what other nodes say.</param>
    /// <exception cref="RoomLogUnavailableException">Nobody knows at the moment who is on other nodes.</exception>
    public async ValueTask<IReadOnlyList<RoomMember>?> MembersAsync(RoomId room, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        return await ListAsync(room, int.MaxValue, cancellationToken).ConfigureAwait(false) is var (members, _) ? members : null;
    }

    /// <summary>Members of a room on any node; null where there is none in memory, and nobody in it elsewhere.</summary>
    internal async ValueTask<MemberList?> ListAsync(RoomId room, int limit, CancellationToken cancellationToken)
    {
        if (Get(room) is { IsOpen: true } found)
        {
            var list = found.Attendance.List(limit);
            return list with { Members = list.Members ?? [] };
        }

        if (_core.Cluster is not { } cluster)
        {
            return null;
        }

        var elsewhere = new Presence();
        foreach (var presence in await cluster.ReadPresenceAsync(room, cancellationToken).ConfigureAwait(false))
        {
            elsewhere.Take(presence);
        }

        return elsewhere.Count > 0 ? new MemberList([.. elsewhere.Members().Take(limit)], elsewhere.Count) : null;
    }

    /// <summary>A piece of a room's log, ascending; null where there is no such room. A durable one that is not in memory is opened.</summary>
    /// <param name="room">The room.</param>
    /// <param name="after">Only offsets greater than this; null for no bound.</param>
    /// <param name="before">Only offsets less than this; null for no bound.</param>
    /// <param name="limit">At most this many, 1–100: the oldest with <paramref name="after"/>, else the newest.</param>
    /// <param name="cancellationToken">Stops waiting for the log of a durable room.</param>
    /// <exception cref="RoomLogUnavailableException">The log of a durable room can't be read at the moment.</exception>
    public async ValueTask<IReadOnlyList<StoredMessage>?> HistoryAsync(RoomId room, long? after, long? before, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return (await FindOpenAsync(room, cancellationToken).ConfigureAwait(false))
            ?.Read(after, before, limit).Select(static message => new StoredMessage(message.Offset, message.Json)).ToArray();
    }

    /// <summary>Puts a user's connections out of a room, on every node; each gets <c>kicked</c>.</summary>
    /// <returns>How many were in it; of other nodes those that presence knows of.</returns>
    public int KickUser(RoomId room, string userId, string reason)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(userId);
        _core.Cluster?.Kicked(room, userId, null, reason);
        return Get(room) is { } found ? found.Attendance.DevicesElsewhere(userId) + Kick(found, userId, null, reason) : 0;
    }

    /// <summary>As <see cref="KickUser"/>, counting also those of a room that is not in memory here.</summary>
    /// <param name="room">The room.</param>
    /// <param name="userId">The user.</param>
    /// <param name="reason">What they are told.</param>
    /// <param name="cancellationToken">Stops waiting for what other nodes say; nobody is put out then.</param>
    /// <exception cref="RoomLogUnavailableException">Nobody knows at the moment who is on other nodes; nobody was put out.</exception>
    public async ValueTask<int> KickUserAsync(RoomId room, string userId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(userId);
        var known = await MembersAsync(room, cancellationToken).ConfigureAwait(false);
        return Math.Max(KickUser(room, userId, reason), known?.FirstOrDefault(member => member.UserId == userId)?.Devices ?? 0);
    }

    /// <summary>Puts one connection out of a room, whichever node it is on; it gets <c>kicked</c>.</summary>
    /// <returns>Whether it was in it on this node.</returns>
    public bool KickConnection(RoomId room, string connectionId, string reason)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(connectionId);
        _core.Cluster?.Kicked(room, null, connectionId, reason);
        return Get(room) is { } found && Kick(found, null, connectionId, reason) > 0;
    }

    /// <summary>
    /// Puts other namespace rules into force, for the rooms there are and those to come. Members stay where they are: who may join, publish and how many counts from
    /// now on. A room whose namespace gains or loses its history altogether keeps what it has until it is gone.
    /// </summary>
    /// <param name="namespaces">All of them, as in <see cref="RealtimeOptions.Namespaces"/>.</param>
    /// <returns>Rooms whose rules changed.</returns>
    /// <exception cref="ArgumentException">A value is out of its range; nothing changed.</exception>
    public int ReplaceNamespaces(IEnumerable<KeyValuePair<string, NamespaceOptions>> namespaces)
    {
        ArgumentNullException.ThrowIfNull(namespaces);
        var all = namespaces.ToList();
        if (all.SelectMany(static pair => pair.Value.Validate().Select(problem => $"{pair.Key}:{problem}")).FirstOrDefault() is { } flaw)
        {
            throw new ArgumentException(flaw, nameof(namespaces));
        }

        // First for rooms to come: one that is created meanwhile looks again once it is in the list.
        var resolved = NamespaceRules.Resolve(all, shared: _core.Cluster is not null);
        _core.Require(resolved.Values);
        _core.Replace(resolved);
        return _rooms.Values.Count(room => room.Adopt(_core.RulesOf(room.Id)));
    }

    /// <summary>Changes so far of what decides who may be in a room, but for identities.</summary>
    internal int Version => Volatile.Read(ref _version);

    internal void CountChange() => Interlocked.Increment(ref _version);

    internal Room? Get(RoomId room) => _rooms.GetValueOrDefault(room.Value);

    /// <summary>Publishes what was checked before. Completes at once unless the room is not in memory and a directory has to be asked.</summary>
    internal ValueTask<PublishOutcome> PublishAsync(RoomId id, in RoomPublish publish) =>
        MessageTracing.IsOn ? PublishTracedAsync(id, publish) : FindAndPublishAsync(id, publish);

    private async ValueTask<PublishOutcome> PublishTracedAsync(RoomId id, RoomPublish publish)
    {
        using var span = MessageTracing.StartPublish(id, publish.Type);
        var outcome = await FindAndPublishAsync(id, publish with { Span = span });
        if (span is not null)
        {
            MessageTracing.End(span, outcome.Message, outcome.Error?.Code.Name);
        }

        return outcome;
    }

    private ValueTask<PublishOutcome> FindAndPublishAsync(RoomId id, in RoomPublish publish)
    {
        if (Get(id) is { } room)
        {
            if (room.Stores(publish))
            {
                return StoreAsync(room, publish);
            }

            if (room.TryPublish(publish, out var message))
            {
                return ValueTask.FromResult(Published(room, publish, message!));
            }
        }

        var looking = _core.Lookup.FindAsync(id, null, CancellationToken.None);
        return looking.IsCompletedSuccessfully
            ? Publish(id, publish, looking.Result.Standing)
            : PublishAsync(id, publish, looking);
    }

    /// <summary>Makes a connection a member of a room.</summary>
    /// <returns>Null, or why not.</returns>
    internal ApiError? Join(RoomId id, Connection connection, bool echo, in RoomStanding standing, out Membership? member)
    {
        while (true)
        {
            member = null;
            var room = Get(id) ?? (standing.MayBeOpened ? GetOrCreate(id, standing.Entry) : null);
            if (room is null)
            {
                return Refusals.RoomNotFound(id);
            }

            switch (room.TryJoin(connection, echo, standing.Role, out member))
            {
                case JoinStatus.NotOpen:
                    return Refusals.NotOpen;
                case JoinStatus.Full:
                    ForgetIfUnused(room);
                    return Refusals.RoomFull(id, room.Rules.MaxMembers);
                case JoinStatus.Joined when !connection.TryAdd(member!):
                    room.Leave(member!);
                    return new ApiError(ErrorCode.Unavailable, "The connection is closing.");
                case JoinStatus.Joined:
                    return null;
            }
        }
    }

    /// <summary>Ends a room for everybody in it.</summary>
    /// <returns>False when it had ended before.</returns>
    internal bool Close(Room room, string reason)
    {
        if (room.Close() is not { } members)
        {
            return false;
        }

        Remove(room);
        foreach (var member in members)
        {
            EndLine(member, "room_closed", reason);
        }

        return true;
    }

    /// <summary>Puts one member out.</summary>
    /// <returns>False when it had left before.</returns>
    internal static bool PutOut(Membership member, string type, string reason)
    {
        if (!member.Room.Leave(member))
        {
            return false;
        }

        EndLine(member, type, reason);
        return true;
    }

    /// <summary>Lets a room go that nobody would miss.</summary>
    internal void ForgetIfUnused(Room room)
    {
        if (room.CloseIfUnused())
        {
            Remove(room);
        }
    }

    internal void ForgetUnused()
    {
        foreach (var (_, room) in _rooms)
        {
            ForgetIfUnused(room);
        }
    }

    internal static ApiError? CheckType(string type) =>
        !MessageTypes.IsValid(type) ? Refusals.Invalid("type", "1 to 64 of a-z 0-9 _ . : -")
        : MessageTypes.IsReserved(type) ? Refusals.Invalid("type", $"'{type}' belongs to the protocol")
        : null;

    private static ApiError? Check(string type, ref ReadOnlyMemory<byte> payload, PublishOptions? options) =>
        CheckType(type) ?? PublishedPayload.Check(ref payload) ?? CheckConflateKey(options?.ConflateKey) ?? CheckIdempotencyKey(options?.IdempotencyKey);

    private static ApiError? CheckConflateKey(string? key) =>
        key is { Length: > 64 } ? Refusals.Invalid("conflate_key", "at most 64 characters") : null;

    private static ApiError? CheckIdempotencyKey(string? key) =>
        key is null || key.Length is > 0 and <= MaxIdempotencyKey && !key.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? null
            : Refusals.Invalid("idempotency_key", $"1 to {MaxIdempotencyKey} printable ASCII characters");

    /// <summary>A room with its log in memory; a durable one is opened, and made in memory where only its log is there.</summary>
    private async ValueTask<Room?> FindOpenAsync(RoomId id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var room = Get(id);

            // No rule of a room's own makes it durable: where the namespace isn't, nobody needs to be asked.
            if (room is { IsOpen: true } || room is null && (_core.Logs is null || !_core.RulesOf(id).KeepsLogs))
            {
                return room;
            }

            if (room is null)
            {
                var (standing, failure) = await _core.Lookup.FindAsync(id, null, cancellationToken).ConfigureAwait(false);
                if (failure is not null)
                {
                    throw new RoomLogUnavailableException(failure.Message);
                }

                if (!standing.Rules.IsStored || !standing.MayBeOpened || !await _core.Logs!.ExistsAsync(id, cancellationToken).ConfigureAwait(false))
                {
                    return Get(id) is { IsOpen: true } opened ? opened : null;
                }

                room = GetOrCreate(id, standing.Entry);
            }

            if (await room.OpenAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false) is { } error)
            {
                throw new RoomLogUnavailableException(error.Message);
            }
        }
    }

    internal Room GetOrCreate(RoomId id, RoomEntry? entry)
    {
        while (true)
        {
            if (_rooms.TryGetValue(id.Value, out var room))
            {
                return room;
            }

            var home = _core.Loops[(int)((uint)Interlocked.Increment(ref _created) % _core.Loops.Length)];
            room = new Room(id, entry is { Role: not null } ? entry with { Role = null } : entry, _core.RulesOf(id), _core, home);
            if (_rooms.TryAdd(id.Value, room))
            {
                room.Adopt(_core.RulesOf(id));
                return room;
            }
        }
    }

    /// <summary>Publishes to a durable room. Where that is open, the message is in the log's queue when this returns, and those of one thread are in its order.</summary>
    private async ValueTask<PublishOutcome> StoreAsync(Room room, RoomPublish publish)
    {
        if (await room.OpenAsync().ConfigureAwait(false) is { } error)
        {
            return PublishOutcome.Refused(error);
        }

        var outcome = await _core.Logs!.Writer.PublishAsync(room, publish).ConfigureAwait(false);
        if (outcome.IsGone)
        {
            // The room ended; the next one of this name takes it. Not at once: whoever ends it may be about to take it out of the list.
            await _core.Pool.Run(static () => Task.CompletedTask).ConfigureAwait(false);
            return await FindAndPublishAsync(room.Id, publish).ConfigureAwait(false);
        }

        if (outcome.Message is not null)
        {
            _core.Metrics.CountPublished();
        }

        return outcome;
    }

    private ValueTask<PublishOutcome> Publish(RoomId id, in RoomPublish publish, in RoomStanding standing)
    {
        while (true)
        {
            var room = Get(id) ?? (standing.MayBeOpened ? GetOrCreate(id, standing.Entry) : null);
            if (room is null)
            {
                return ValueTask.FromResult(PublishOutcome.Refused(Refusals.RoomNotFound(id)));
            }

            if (room.Stores(publish))
            {
                return StoreAsync(room, publish);
            }

            if (room.TryPublish(publish, out var message))
            {
                return ValueTask.FromResult(Published(room, publish, message!));
            }
        }
    }

    private async ValueTask<PublishOutcome> PublishAsync(RoomId id, RoomPublish publish, ValueTask<(RoomStanding Standing, ApiError? Failure)> looking)
    {
        var (standing, failure) = await looking.ConfigureAwait(false);
        if (failure is not null)
        {
            return PublishOutcome.Refused(failure);
        }

        var outcome = await Publish(id, publish, standing).ConfigureAwait(false);
        if (outcome.Error is null && standing.Version != Version)
        {
            // The room may have been opened by what the directory said before.
            await RefreshAsync(id).ConfigureAwait(false);
        }

        return outcome;
    }

    private PublishOutcome Published(Room room, in RoomPublish publish, RoomMessage message)
    {
        _core.Metrics.CountPublished();
        if (!publish.Ephemeral && _core.Observer is { } observer && observer.Wants(LiveEventKind.Published, room.Id))
        {
            observer.Take(new LiveEvent(LiveEventKind.Published, _core.Time.GetUtcNow()) { Sequence = message.Offset, Room = room.Id, Envelope = message.Json });
        }

        _core.Cluster?.Published(room.Id, publish, message);
        if (!room.Rules.HasHistory && _core.Lookup.Directory is null)
        {
            // Without a log, a room that only this message needed goes at once; one that would have to be looked up again with the next sweep.
            ForgetIfUnused(room);
        }

        return new PublishOutcome(message, room.Epoch, null);
    }

    private void Remove(Room room)
    {
        _rooms.TryRemove(new KeyValuePair<string, Room>(room.Id.Value, room));
        _core.Cluster?.Unfollow(room);
    }

    /// <summary>Puts a user, or one connection, out of a room on this node.</summary>
    internal static int Kick(Room room, string? userId, string? connectionId, string reason) =>
        room.MembersWhere(member => userId is null ? member.Connection.Id == connectionId : member.Connection.Identity.UserId == userId)
            .Count(member => PutOut(member, "kicked", reason));

    /// <summary>Rooms of which something was read from a store that others write to as well.</summary>
    internal IEnumerable<Room> Opened() => _rooms.Values.Where(static room => room.Rules.HasToBeOpened);

    /// <summary>Nobody is on a node any more.</summary>
    internal void ForgetNode(string node)
    {
        foreach (var (_, room) in _rooms)
        {
            room.Attendance.ForgetNode(node);
        }
    }

    /// <summary>Tells the other nodes who is in the rooms here.</summary>
    internal void NoteAllPresence()
    {
        foreach (var (_, room) in _rooms)
        {
            room.Attendance.ShareAll();
        }
    }

    private static void EndLine(Membership member, string type, string reason)
    {
        var connection = member.Connection;
        connection.Remove(member);
        connection.Loop.Post(new LoopWork(LoopWorkKind.Detach, member, ServerMessages.PutOut(connection.Sender.Form, type, member.Room.Id, reason)));
    }
}

/// <summary>A message of a room's log.</summary>
/// <param name="Offset">Its position, from 1.</param>
/// <param name="Json">The envelope in UTF-8, as clients get it.</param>
public readonly record struct StoredMessage(long Offset, ReadOnlyMemory<byte> Json);
