using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>What a client may ask of rooms. Each returns null when it has answered, else the error to answer with; what may have to ask a directory completes at once where it need not.</summary>
internal sealed class RoomActions(LiveCore core)
{
    private const int DefaultHistory = 50;
    private const int MaxHistory = 100;

    /// <summary>Members named in the answer to <c>presence</c>.</summary>
    public const int MaxListedMembers = 1_000;

    public ValueTask<ApiError?> JoinAsync(Connection connection, in Envelope envelope)
    {
        if (envelope.Room is not { } id)
        {
            return ValueTask.FromResult<ApiError?>(RoomRequired());
        }

        if (PayloadReader.TryReadJoin(envelope, out var join, out var echo) is { } invalid)
        {
            return ValueTask.FromResult<ApiError?>(invalid);
        }

        // A client that comes from another node may know more of the room than was heard here.
        return core.Cluster is { } cluster && !cluster.CatchUp.Knows(id, join.Since)
            ? FindAndJoinAsync(cluster, connection, id, join, echo)
            : JoinAsync(connection, id, join, echo);
    }

    private async ValueTask<ApiError?> FindAndJoinAsync(Cluster cluster, Connection connection, RoomId id, JoinRequest join, bool echo) =>
        await cluster.CatchUp.FindAsync(id, join.Since).ConfigureAwait(false) ?? await JoinAsync(connection, id, join, echo).ConfigureAwait(false);

    private ValueTask<ApiError?> JoinAsync(Connection connection, RoomId id, JoinRequest join, bool echo)
    {
        // A member is one who may be in the room: whoever may no more is put out.
        if (core.Rooms.Get(id) is { } room && connection.Find(room) is { } member)
        {
            member.Echo = echo;
            connection.Loop.Post(new LoopWork(LoopWorkKind.Attach, member, join));
            return default;
        }

        if (connection.RoomCount >= core.Options.MaxRoomsPerConnection)
        {
            return ValueTask.FromResult<ApiError?>(Refusals.TooManyRooms(core.Options.MaxRoomsPerConnection));
        }

        var entering = core.Door.EnterAsync(connection, id, echo);
        return entering.IsCompletedSuccessfully ? ValueTask.FromResult(Attach(entering.Result)) : AttachAsync(entering);

        async ValueTask<ApiError?> AttachAsync(ValueTask<(Membership?, ApiError?)> entering) => Attach(await entering.ConfigureAwait(false));

        ApiError? Attach((Membership? Member, ApiError? Error) entered)
        {
            if (entered.Error is null)
            {
                connection.Loop.Post(new LoopWork(LoopWorkKind.Attach, entered.Member, join));
            }

            return entered.Error;
        }
    }

    public ApiError? Leave(Connection connection, in Envelope envelope)
    {
        if (Find(connection, envelope, out var member) is { } error)
        {
            return error;
        }

        if (!connection.Remove(member!) || !member!.Room.Leave(member))
        {
            return Refusals.NotInRoom(member!.Room.Id);
        }

        connection.Loop.Post(new LoopWork(LoopWorkKind.Detach, member, ServerMessages.Ack(connection.Sender.Form, envelope.Ref)));
        return null;
    }

    public ValueTask<ApiError?> PresenceAsync(Connection connection, in Envelope envelope)
    {
        if (envelope.Room is not { } id)
        {
            return ValueTask.FromResult<ApiError?>(RoomRequired());
        }

        var (reference, identity) = (envelope.Ref, connection.Identity);
        if (core.Guard?.GuardsJoin(id) == true && (core.Rooms.Get(id) is not { } guarded || connection.Find(guarded) is null))
        {
            return AskAndAnswerAsync();
        }

        var looking = core.Lookup.FindAsync(id, identity.UserId, CancellationToken.None);
        return looking.IsCompletedSuccessfully ? Answer(looking.Result) : AnswerAsync(looking);

        // Who is in a room is for those who may be in it.
        async ValueTask<ApiError?> AskAndAnswerAsync() =>
            await core.Access.CheckJoinAsync(identity, id, connection.Aborted).ConfigureAwait(false)
            ?? await Answer(await core.Lookup.FindAsync(id, identity.UserId, CancellationToken.None).ConfigureAwait(false)).ConfigureAwait(false);

        async ValueTask<ApiError?> AnswerAsync(ValueTask<(RoomStanding, ApiError?)> looking) => await Answer(await looking.ConfigureAwait(false)).ConfigureAwait(false);

        ValueTask<ApiError?> Answer((RoomStanding Standing, ApiError? Failure) found) =>
            (found.Failure ?? RoomAccess.CheckJoin(identity, found.Standing.Rules, id, found.Standing.Role)) is { } refused
                ? ValueTask.FromResult<ApiError?>(refused)
                : AnswerPresenceAsync(connection, id, reference, found.Standing.Rules);
    }

    private async ValueTask<ApiError?> AnswerPresenceAsync(Connection connection, RoomId id, string? reference, NamespaceRules rules)
    {
        if (!rules.Presence)
        {
            return new ApiError(ErrorCode.Forbidden, $"Rooms of the namespace '{rules.Name}' don't tell who is in them.");
        }

        if (core.Rooms.Get(id) is { } room && connection.Find(room) is { } member)
        {
            // Whoever is in it follows who comes and goes: the answer has its place between.
            connection.Loop.Post(new LoopWork(LoopWorkKind.ListMembers, member, reference));
            return null;
        }

        MemberList members;
        try
        {
            members = await core.Rooms.ListAsync(id, MaxListedMembers, CancellationToken.None).ConfigureAwait(false) ?? new MemberList([], 0);
        }
        catch (RoomLogUnavailableException)
        {
            return Refusals.PresenceUnavailable;
        }

        connection.Answer(ServerMessages.Members(connection.Sender.Form, reference, id, members));
        return null;
    }

    public ApiError? History(Connection connection, in Envelope envelope)
    {
        if (Find(connection, envelope, out var member) is { } error)
        {
            return error;
        }

        if (PayloadReader.TryReadRange(envelope, out var after, out var before, out var limit) is { } invalid)
        {
            return invalid;
        }

        var room = member!.Room;
        var messages = room.Read(after, before, Math.Min(limit ?? DefaultHistory, MaxHistory));
        connection.Answer(ServerMessages.Ack(connection.Sender.Form, envelope.Ref, (room, messages), static (json, state) =>
        {
            json.WriteString("room_id"u8, state.room.Id.Value);
            json.WriteStartArray("messages"u8);
            foreach (var message in state.messages)
            {
                json.WriteRawValue(message.Json.Span, skipInputValidation: true);
            }

            json.WriteEndArray();
        }));
        return null;
    }

    public ValueTask<ApiError?> TypingAsync(Connection connection, in Envelope envelope)
    {
        if (Find(connection, envelope, out var member) is { } error)
        {
            return ValueTask.FromResult<ApiError?>(error);
        }

        if (!PayloadReader.TryReadTyping(envelope.Payload.Span, out var isTyping))
        {
            return ValueTask.FromResult<ApiError?>(Refusals.Invalid("is_typing", "required, true or false"));
        }

        return PublishAsync(connection, envelope.Ref, member!.Room.Id, new RoomPublish("typing", isTyping ? """{"is_typing":true}"""u8.ToArray() : """{"is_typing":false}"""u8.ToArray())
        {
            Ephemeral = true,
            ConflateKey = $"typing:{connection.Identity.UserId ?? connection.Id}",
        });
    }

    /// <summary>A message no handler takes goes into its room, as it came.</summary>
    public ValueTask<ApiError?> PublishAsync(Connection connection, in Envelope envelope) =>
        MessageTypes.IsReserved(envelope.Type)
            ? ValueTask.FromResult<ApiError?>(Refusals.ReservedType(envelope.Type))
            : PublishAsync(
                connection, envelope.Ref, envelope.Room!,
                new RoomPublish(envelope.Type, envelope.Payload.ToArray()) { ConflateKey = envelope.ConflateKey });

    private ValueTask<ApiError?> PublishAsync(Connection connection, string? reference, RoomId id, in RoomPublish publish)
    {
        var publishing = PublishAsAsync(core, connection, id, publish);
        return publishing.IsCompletedSuccessfully
            ? ValueTask.FromResult(AnswerPublished(connection, reference, publishing.Result))
            : WaitAsync(connection, reference, publishing);

        static async ValueTask<ApiError?> WaitAsync(Connection connection, string? reference, ValueTask<PublishOutcome> publishing) =>
            AnswerPublished(connection, reference, await publishing.ConfigureAwait(false));
    }

    private static ApiError? AnswerPublished(Connection connection, string? reference, in PublishOutcome outcome)
    {
        if (outcome.Error is null && reference is not null)
        {
            connection.Answer(ServerMessages.Published(connection.Sender.Form, reference, outcome.Message!, outcome.Epoch!));
        }

        return outcome.Error;
    }

    /// <summary>Publishes in a client's name, if the room lets it. For a room in memory there is nothing to look up.</summary>
    public static ValueTask<PublishOutcome> PublishAsAsync(LiveCore core, Connection connection, RoomId id, in RoomPublish publish) =>
        !publish.Ephemeral && core.Guard?.GuardsPublish(id) == true ? AskAndPublishAsync(core, connection, id, publish) : PublishByRulesAsync(core, connection, id, publish);

    /// <summary>The same where somebody else has the last word on messages. The rules come first and last: they may have changed meanwhile.</summary>
    private static async ValueTask<PublishOutcome> AskAndPublishAsync(LiveCore core, Connection connection, RoomId id, RoomPublish publish)
    {
        if (core.Rooms.Get(id) is { } room)
        {
            var member = connection.Find(room);
            if (RoomAccess.CheckPublish(connection.Identity, room.Rules, id, member is not null, member?.Role) is { } forbidden)
            {
                return PublishOutcome.Refused(forbidden);
            }
        }

        return await core.Access.CheckMessageAsync(connection.Identity, id, publish.Type, publish.Payload, connection.Aborted).ConfigureAwait(false) is { } refused
            ? PublishOutcome.Refused(refused)
            : await PublishByRulesAsync(core, connection, id, publish).ConfigureAwait(false);
    }

    private static ValueTask<PublishOutcome> PublishByRulesAsync(LiveCore core, Connection connection, RoomId id, in RoomPublish publish)
    {
        if (core.Rooms.Get(id) is not { } room)
        {
            return PublishUnopenedAsync(core, connection, id, publish);
        }

        var member = connection.Find(room);
        return RoomAccess.CheckPublish(connection.Identity, room.Rules, id, member is not null, member?.Role) is { } error
            ? ValueTask.FromResult(PublishOutcome.Refused(error))
            : core.Rooms.PublishAsync(id, publish with { From = connection.SenderJson, Excluded = member is { Echo: false } ? member : null });
    }

    private static ValueTask<PublishOutcome> PublishUnopenedAsync(LiveCore core, Connection connection, RoomId id, RoomPublish publish)
    {
        var looking = core.Lookup.FindAsync(id, null, CancellationToken.None);
        return looking.IsCompletedSuccessfully ? Publish(looking.Result) : WaitAsync(looking);

        async ValueTask<PublishOutcome> WaitAsync(ValueTask<(RoomStanding, ApiError?)> looking) =>
            await Publish(await looking.ConfigureAwait(false)).ConfigureAwait(false);

        ValueTask<PublishOutcome> Publish((RoomStanding Standing, ApiError? Failure) found) =>
            (found.Failure ?? RoomAccess.CheckPublish(connection.Identity, found.Standing.Rules, id, isMember: false, role: null)) is { } error
                ? ValueTask.FromResult(PublishOutcome.Refused(error))
                : core.Rooms.PublishAsync(id, publish with { From = connection.SenderJson });
    }

    private ApiError? Find(Connection connection, in Envelope envelope, out Membership? member)
    {
        member = null;
        if (envelope.Room is not { } id)
        {
            return RoomRequired();
        }

        member = core.Rooms.Get(id) is { } room ? connection.Find(room) : null;
        return member is null ? Refusals.NotInRoom(id) : null;
    }

    private static ApiError RoomRequired() => Refusals.Invalid("room_id", "required");
}
