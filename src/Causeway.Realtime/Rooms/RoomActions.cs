using System.Text.Json;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>What a client may ask of rooms. Each returns null when it has answered, else the error to answer with.</summary>
internal sealed class RoomActions(LiveCore core)
{
    private const int DefaultHistory = 50;
    private const int MaxHistory = 100;
    private const int MaxListedMembers = 1_000;

    public ApiError? Join(Connection connection, in Envelope envelope)
    {
        if (envelope.Room is not { } id)
        {
            return RoomRequired();
        }

        if (PayloadReader.TryReadJoin(envelope, out var join, out var echo) is { } invalid)
        {
            return invalid;
        }

        var room = core.Rooms.Get(id);
        if (RoomAccess.CheckJoin(connection.Identity, core.RulesOf(id), id, room) is { } forbidden)
        {
            return forbidden;
        }

        if (room is not null && connection.Find(room) is { } member)
        {
            member.Echo = echo;
        }
        else if (connection.RoomCount >= core.Options.MaxRoomsPerConnection)
        {
            return Refusals.TooManyRooms(core.Options.MaxRoomsPerConnection);
        }
        else if (core.Rooms.Join(id, connection, echo, out var joined) is { } refused)
        {
            return refused;
        }
        else
        {
            member = joined!;
        }

        connection.Loop.Post(new LoopWork(LoopWorkKind.Attach, member, join));
        return null;
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

    public ApiError? Presence(Connection connection, in Envelope envelope)
    {
        if (envelope.Room is not { } id)
        {
            return RoomRequired();
        }

        var rules = core.RulesOf(id);
        var room = core.Rooms.Get(id);
        if (RoomAccess.CheckJoin(connection.Identity, rules, id, room) is { } forbidden)
        {
            return forbidden;
        }

        if (!rules.Presence)
        {
            return new ApiError(ErrorCode.Forbidden, $"Rooms of the namespace '{rules.Name}' don't tell who is in them.");
        }

        var members = room?.Members(MaxListedMembers) ?? new MemberList([], 0);
        connection.Answer(ServerMessages.Ack(connection.Sender.Form, envelope.Ref, (id, members), static (json, state) =>
        {
            json.WriteString("room_id"u8, state.id.Value);
            ServerMessages.WriteMembers(json, state.members);
        }));
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

    public ApiError? Typing(Connection connection, in Envelope envelope)
    {
        if (Find(connection, envelope, out var member) is { } error)
        {
            return error;
        }

        if (!PayloadReader.TryReadTyping(envelope.Payload.Span, out var isTyping))
        {
            return Refusals.Invalid("is_typing", "required, true or false");
        }

        return Publish(connection, envelope, member!.Room.Id, new RoomPublish("typing", isTyping ? """{"is_typing":true}"""u8.ToArray() : """{"is_typing":false}"""u8.ToArray())
        {
            Ephemeral = true,
            ConflateKey = $"typing:{connection.Identity.UserId ?? connection.Id}",
        });
    }

    /// <summary>A message no handler takes goes into its room, as it came.</summary>
    public ApiError? Publish(Connection connection, in Envelope envelope) =>
        MessageTypes.IsReserved(envelope.Type)
            ? Refusals.ReservedType(envelope.Type)
            : Publish(connection, envelope, envelope.Room!, new RoomPublish(envelope.Type, envelope.Payload.ToArray()) { ConflateKey = envelope.ConflateKey });

    private ApiError? Publish(Connection connection, in Envelope envelope, RoomId id, RoomPublish publish)
    {
        var error = PublishAs(core, connection, id, publish, out var message, out var epoch);
        if (error is null && envelope.Ref is { } reference)
        {
            connection.Answer(ServerMessages.Published(connection.Sender.Form, reference, message!, epoch!));
        }

        return error;
    }

    /// <summary>Publishes in a client's name, if the namespace lets it.</summary>
    public static ApiError? PublishAs(LiveCore core, Connection connection, RoomId id, RoomPublish publish, out RoomMessage? message, out string? epoch)
    {
        (message, epoch) = (null, null);
        var room = core.Rooms.Get(id);
        var member = room is null ? null : connection.Find(room);
        return RoomAccess.CheckPublish(connection.Identity, core.RulesOf(id), id, member is not null)
            ?? core.Rooms.Publish(
                id,
                publish with { From = connection.SenderJson, Excluded = member is { Echo: false } ? member : null },
                out message,
                out epoch);
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
