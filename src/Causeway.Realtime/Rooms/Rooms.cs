using System.Collections.Concurrent;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The rooms: publish to them, list them, and look inside.</summary>
public sealed class Rooms
{
    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private readonly LiveCore _core;

    internal Rooms(LiveCore core) => _core = core;

    /// <summary>Rooms there are now.</summary>
    public int Count => _rooms.Count;

    /// <summary>Publishes one message to a room, as the server: namespace rules on who may publish do not apply.</summary>
    /// <param name="room">The room; created when the namespace allows it.</param>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>, and none of the protocol's own.</param>
    /// <param name="payload">A JSON object in UTF-8. Not copied: do not reuse the buffer.</param>
    /// <param name="options">Sender, conflation key; null for none.</param>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    /// <returns>The message's id and offset, or why it was refused.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before the publish.</exception>
    public ValueTask<PublishResult> PublishAsync(
        RoomId room, string type, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(type);
        cancellationToken.ThrowIfCancellationRequested();
        if ((CheckType(type) ?? PublishedPayload.Check(ref payload) ?? CheckConflateKey(options?.ConflateKey)) is { } error)
        {
            return ValueTask.FromResult(PublishResult.Refused(error));
        }

        var publish = new RoomPublish(type, payload)
        {
            ConflateKey = options?.ConflateKey,
            From = options?.From is { } from ? ServerMessages.Sender(from) : null,
            Ephemeral = options?.Ephemeral ?? false,
        };
        var refusal = Publish(room, publish, out var message, out var epoch);
        return ValueTask.FromResult(refusal is null
            ? PublishResult.Success(message!.Id, message.Offset > 0 ? message.Offset : null, message.Offset > 0 ? epoch : null)
            : PublishResult.Refused(refusal));
    }

    /// <summary>A snapshot of all rooms, ordered by id (ordinal).</summary>
    public IReadOnlyList<RoomInfo> List() =>
        [.. _rooms.Values.Select(static room => room.Describe()).OrderBy(static room => room.Id.Value, StringComparer.Ordinal)];

    /// <summary>One room; null where there is none.</summary>
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
            switch (GetOrCreate(room).TrySetSettings(settings, mustExist: false))
            {
                case RoomChange.Done:
                    return null;
                case RoomChange.Exists:
                    return new ApiError(ErrorCode.Conflict, $"Room '{room}' was created before.");
            }
        }
    }

    /// <summary>Replaces what a room was created with.</summary>
    /// <returns>Null, or <see cref="ErrorCode.RoomNotFound"/>.</returns>
    public ApiError? Update(RoomId room, RoomSettings settings)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(settings);
        return Get(room)?.TrySetSettings(settings, mustExist: true) is RoomChange.Done ? null : Refusals.RoomNotFound(room);
    }

    /// <summary>Ends a room: its members get <c>room_closed</c> and are out, its log is gone.</summary>
    /// <returns>Whether there was such a room.</returns>
    public bool Delete(RoomId room, string reason)
    {
        ArgumentNullException.ThrowIfNull(room);
        if (Get(room) is not { } found || found.Close() is not { } members)
        {
            return false;
        }

        Remove(found);
        foreach (var member in members)
        {
            EndLine(member, "room_closed", reason);
        }

        return true;
    }

    /// <summary>Who is in a room, in the order of user ids (ordinal, null first); null where there is no such room. Empty in a namespace without presence.</summary>
    public IReadOnlyList<RoomMember>? Members(RoomId room)
    {
        ArgumentNullException.ThrowIfNull(room);
        return Get(room) is { } found ? found.Members(int.MaxValue).Members ?? [] : null;
    }

    /// <summary>A piece of a room's log, ascending; null where there is no such room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="after">Only offsets greater than this; null for no bound.</param>
    /// <param name="before">Only offsets less than this; null for no bound.</param>
    /// <param name="limit">At most this many, 1–100: the oldest with <paramref name="after"/>, else the newest.</param>
    public IReadOnlyList<StoredMessage>? History(RoomId room, long? after, long? before, int limit)
    {
        ArgumentNullException.ThrowIfNull(room);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Get(room)?.Read(after, before, limit).Select(static message => new StoredMessage(message.Offset, message.Json)).ToArray();
    }

    /// <summary>Puts a user's connections out of a room; each gets <c>kicked</c>.</summary>
    /// <returns>How many were in it.</returns>
    public int KickUser(RoomId room, string userId, string reason)
    {
        ArgumentNullException.ThrowIfNull(room);
        return Kick(room, member => member.Connection.Identity.UserId == userId, reason);
    }

    /// <summary>Puts one connection out of a room; it gets <c>kicked</c>.</summary>
    /// <returns>Whether it was in it.</returns>
    public bool KickConnection(RoomId room, string connectionId, string reason)
    {
        ArgumentNullException.ThrowIfNull(room);
        return Kick(room, member => member.Connection.Id == connectionId, reason) > 0;
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
        _core.Replace(NamespaceRules.Resolve(all));
        return _rooms.Values.Count(room => room.Adopt(_core.RulesOf(room.Id)));
    }

    internal Room? Get(RoomId room) => _rooms.GetValueOrDefault(room.Value);

    /// <summary>Publishes what was checked before.</summary>
    /// <returns>Null, or why not.</returns>
    internal ApiError? Publish(RoomId id, in RoomPublish publish, out RoomMessage? message, out string? epoch)
    {
        if (MessageTracing.StartPublish(id, publish.Type) is not { } started)
        {
            return TryPublish(id, publish, out message, out epoch);
        }

        using var span = started;
        var refusal = TryPublish(id, publish with { Span = span }, out message, out epoch);
        MessageTracing.End(span, message, refusal?.Code.Name);
        return refusal;
    }

    private ApiError? TryPublish(RoomId id, in RoomPublish publish, out RoomMessage? message, out string? epoch)
    {
        while (true)
        {
            var room = Get(id) ?? (_core.RulesOf(id).AutoCreate ? GetOrCreate(id) : null);
            if (room is null)
            {
                (message, epoch) = (null, null);
                return Refusals.RoomNotFound(id);
            }

            if (room.TryPublish(publish, out message))
            {
                _core.Metrics.CountPublished();
                epoch = room.Epoch;
                if (!room.Rules.HasHistory)
                {
                    // Without a log, a room that only this message needed goes at once.
                    ForgetIfUnused(room);
                }

                return null;
            }
        }
    }

    /// <summary>Makes a connection a member of a room.</summary>
    /// <returns>Null, or why not.</returns>
    internal ApiError? Join(RoomId id, Connection connection, bool echo, out Membership? member)
    {
        while (true)
        {
            member = null;
            var room = Get(id) ?? (_core.RulesOf(id).AutoCreate ? GetOrCreate(id) : null);
            if (room is null)
            {
                return Refusals.RoomNotFound(id);
            }

            switch (room.TryJoin(connection, echo, out member))
            {
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

    private static ApiError? CheckConflateKey(string? key) =>
        key is { Length: > 64 } ? Refusals.Invalid("conflate_key", "at most 64 characters") : null;

    private Room GetOrCreate(RoomId id)
    {
        while (true)
        {
            if (_rooms.TryGetValue(id.Value, out var room))
            {
                return room;
            }

            var home = _core.Loops[(int)((uint)string.GetHashCode(id.Value, StringComparison.Ordinal) % _core.Loops.Length)];
            room = new Room(id, _core.RulesOf(id), _core, home);
            if (_rooms.TryAdd(id.Value, room))
            {
                room.Adopt(_core.RulesOf(id));
                return room;
            }
        }
    }

    private void Remove(Room room) => _rooms.TryRemove(new KeyValuePair<string, Room>(room.Id.Value, room));

    private int Kick(RoomId id, Predicate<Membership> predicate, string reason)
    {
        var kicked = 0;
        if (Get(id) is { } room)
        {
            foreach (var member in room.MembersWhere(predicate))
            {
                if (room.Leave(member))
                {
                    EndLine(member, "kicked", reason);
                    kicked++;
                }
            }
        }

        return kicked;
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
