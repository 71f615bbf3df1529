using System.Buffers;
using System.Text;
using System.Text.Json;
using Causeway.Data;
using Causeway.Realtime;
using Causeway.Realtime.Sql;

namespace Causeway.Server;

/// <summary>Tells of messages in durable rooms. What is told is written in the transaction that stores the message: exactly those that were acknowledged are sent, over a crash at any moment.</summary>
internal sealed class StoredMessageEvents(WebhookEvents events) : IRoomLogFollower
{
    public bool Follows(RoomId room) => events.AreWanted(WebhookEventTypes.Published, room.Value);

    public async Task FollowAsync(UnitOfWork unit, IReadOnlyList<FollowedMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var (room, epoch, message) in messages)
        {
            var told = new WebhookEvent(WebhookEventTypes.Published, message.SentAt, Describe(room, epoch, message)) { Sequence = message.Offset, Room = room.Value };
            await events.WriteAsync(unit, told, cancellationToken);
        }
    }

    /// <summary>The envelope as clients get it.</summary>
    private static string Describe(RoomId room, string epoch, RoomLogMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>(message.Payload.Length + 256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("v"u8, 1);
            json.WriteString("type"u8, message.Type);
            json.WriteString("room_id"u8, room.Value);
            json.WriteString("id"u8, message.Id);
            json.WriteNumber("offset"u8, message.Offset);
            json.WriteString("epoch"u8, epoch);
            json.WritePropertyName("from"u8);
            json.WriteRawValue(message.Sender ?? "null"u8.ToArray());
            json.WriteString("sent_at"u8, message.SentAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WritePropertyName("payload"u8);
            json.WriteRawValue(message.Payload.Span);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
