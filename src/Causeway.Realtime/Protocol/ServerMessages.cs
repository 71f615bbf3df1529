using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>What the server itself says, as bytes for a line.</summary>
internal static class ServerMessages
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Connected(WireForm form, Connection connection, LiveCore core)
    {
        var writer = MessageWriter.Begin("connected");
        WriteConnected(writer.Payload, connection, core);
        return writer.End(form);
    }

    /// <summary>The first event of a stream, with the position it starts from.</summary>
    public static byte[] ConnectedEvent(Connection connection, LiveCore core, string cursor)
    {
        var writer = MessageWriter.Begin("connected");
        WriteConnected(writer.Payload, connection, core);
        return writer.End(connection.Sender.Form, cursor);
    }

    public static byte[] Pong(WireForm form, string? reference) => MessageWriter.Begin("pong", reference).End(form);

    public static byte[] Error(WireForm form, ApiError error, string? reference)
    {
        var writer = MessageWriter.Begin("error", reference);
        var json = writer.Payload;
        json.WriteString("code"u8, error.Code.Name);
        json.WriteString("message"u8, error.Message);
        json.WritePropertyName("details"u8);
        if (error.Details is { } details)
        {
            details.WriteTo(json);
        }
        else
        {
            json.WriteStartObject();
            json.WriteEndObject();
        }

        return writer.End(form);
    }

    /// <summary>An <c>ack</c>, with what the action adds to its payload.</summary>
    public static byte[] Ack<T>(WireForm form, string? reference, T state, Action<Utf8JsonWriter, T> write)
    {
        var writer = MessageWriter.Begin("ack", reference);
        writer.Payload.WriteString("status"u8, "ok"u8);
        write(writer.Payload, state);
        return writer.End(form);
    }

    public static byte[] Ack(WireForm form, string? reference) => Ack(form, reference, 0, static (_, _) => { });

    public static byte[] Published(WireForm form, string? reference, RoomMessage message, string epoch) =>
        Ack(form, reference, (message, epoch), static (json, published) => WritePublished(json, published.message, published.epoch));

    public static void WritePublished(Utf8JsonWriter json, RoomMessage message, string epoch)
    {
        json.WriteString("id"u8, message.Id);
        if (message.Offset > 0)
        {
            json.WriteNumber("offset"u8, message.Offset);
            json.WriteString("epoch"u8, epoch);
        }
        else
        {
            json.WriteNull("offset"u8);
            json.WriteNull("epoch"u8);
        }
    }

    public static byte[] Joined(WireForm form, Room room, JoinRequest join, AttachPoint point) =>
        Ack(form, join.Reference, (room, point), static (json, joined) =>
        {
            var (room, point) = joined;
            json.WriteString("room_id"u8, room.Id.Value);
            if (room.Rules.HasHistory)
            {
                json.WriteString("epoch"u8, room.Epoch);
                json.WriteNumber("offset"u8, point.Newest);
            }
            else
            {
                json.WriteNull("epoch"u8);
                json.WriteNull("offset"u8);
            }

            json.WriteBoolean("recovered"u8, point.Recovered);
            json.WriteNumber("replayed"u8, point.Newest - point.From);
            WriteMembers(json, point.Members);
        });

    /// <summary>The answer to <c>presence</c>.</summary>
    public static byte[] Members(WireForm form, string? reference, RoomId room, MemberList members) => Ack(form, reference, (room, members), static (json, listed) =>
    {
        json.WriteString("room_id"u8, listed.room.Value);
        WriteMembers(json, listed.members);
    });

    public static void WriteMembers(Utf8JsonWriter json, MemberList members)
    {
        if (members.Members is not { } list)
        {
            return;
        }

        json.WriteStartArray("members"u8);
        foreach (var member in list)
        {
            json.WriteStartObject();
            json.WriteString("user_id"u8, member.UserId);
            json.WriteString("name"u8, member.Name);
            json.WriteNumber("devices"u8, member.Devices);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("member_count"u8, members.Count);
    }

    public static byte[] Dropped(WireForm form, RoomId room, SlowMember slow)
    {
        var writer = MessageWriter.Begin("dropped");
        var json = writer.Payload;
        json.WriteString("room_id"u8, room.Value);
        json.WriteNumber("count"u8, slow.Dropped);
        WriteNullable(json, "from_offset", slow.DroppedFrom);
        WriteNullable(json, "to_offset", slow.DroppedTo);
        return writer.End(form);
    }

    /// <summary><c>kicked</c> and <c>room_closed</c>.</summary>
    public static byte[] PutOut(WireForm form, string type, RoomId room, string reason)
    {
        var writer = MessageWriter.Begin(type);
        writer.Payload.WriteString("room_id"u8, room.Value);
        writer.Payload.WriteString("reason"u8, reason);
        return writer.End(form);
    }

    public static byte[] Reset(WireForm form, Room room, long offset)
    {
        var writer = MessageWriter.Begin("reset");
        writer.Payload.WriteString("room_id"u8, room.Id.Value);
        if (room.Rules.HasHistory)
        {
            writer.Payload.WriteString("epoch"u8, room.Epoch);
            writer.Payload.WriteNumber("offset"u8, offset);
        }
        else
        {
            writer.Payload.WriteNull("epoch"u8);
            writer.Payload.WriteNull("offset"u8);
        }

        return writer.End(form);
    }

    public static byte[] TokenExpiring(WireForm form, TimeSpan left)
    {
        var writer = MessageWriter.Begin("token_expiring");
        writer.Payload.WriteNumber("expires_in_seconds"u8, (int)Math.Ceiling(left.TotalSeconds));
        return writer.End(form);
    }

    public static byte[] Reconnect(WireForm form, TimeSpan after)
    {
        var writer = MessageWriter.Begin("reconnect");
        writer.Payload.WriteNumber("after_ms"u8, (long)after.TotalMilliseconds);
        writer.Payload.WriteString("reason"u8, "draining"u8);
        return writer.End(form);
    }

    public static byte[] Shutdown(WireForm form, TimeSpan after)
    {
        var writer = MessageWriter.Begin("shutdown");
        writer.Payload.WriteNumber("after_ms"u8, (long)after.TotalMilliseconds);
        return writer.End(form);
    }

    /// <summary>The payload of <c>user_joined</c> and <c>user_left</c>.</summary>
    public static byte[] PresencePayload(RoomId room, RoomMember member) => Write(json =>
    {
        json.WriteString("room_id"u8, room.Value);
        json.WriteString("user_id"u8, member.UserId);
        json.WriteString("name"u8, member.Name);
        json.WriteNumber("devices"u8, member.Devices);
    });

    /// <summary>The <c>from</c> of a room message.</summary>
    public static byte[] Sender(MessageSender sender) => Write(json =>
    {
        json.WriteString("user_id"u8, sender.UserId);
        json.WriteString("name"u8, sender.Name);
        json.WriteString("connection_id"u8, sender.ConnectionId);
    });

    private static void WriteConnected(Utf8JsonWriter json, Connection connection, LiveCore core)
    {
        json.WriteString("connection_id"u8, connection.Id);
        json.WriteString("user_id"u8, connection.Identity.UserId);
        json.WriteString("node"u8, core.Node);
        json.WriteNumber("heartbeat_seconds"u8, core.Options.HeartbeatSeconds);
        json.WriteNumber("idle_timeout_seconds"u8, core.Options.IdleTimeoutSeconds);
        json.WriteNumber("max_message_bytes"u8, core.Options.MaxMessageBytes);
        json.WriteString("server_time"u8, WireTime.ToText(core.Time.GetUtcNow()));
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using var json = new Utf8JsonWriter(buffer, Relaxed);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteNullable(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
