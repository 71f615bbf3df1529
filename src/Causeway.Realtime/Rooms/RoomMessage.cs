using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>One message of a room, encoded once: the WebSocket frame as every member gets it, with the envelope inside.</summary>
internal sealed class RoomMessage
{
    private const int GuidLength = 36;
    private const int TimeLength = 24;

    private readonly byte[] _frame;
    private readonly int _headerLength;

    private RoomMessage(byte[] frame, int headerLength) => (_frame, _headerLength) = (frame, headerLength);

    public required Guid Id { get; init; }

    /// <summary>Position in the log from 1; 0 for a message that is not stored.</summary>
    public required long Offset { get; init; }

    public required string Type { get; init; }

    /// <summary>What a conflating member keeps only the newest of.</summary>
    public required string ConflateKey { get; init; }

    /// <summary><see cref="TimeProvider.GetTimestamp"/> at the publish.</summary>
    public required long PublishedAt { get; init; }

    /// <summary>The connection that asked not to hear its own messages; 0 for none.</summary>
    public required long ExcludedConnection { get; init; }

    /// <summary>Header and envelope: one whole unmasked text frame.</summary>
    public ReadOnlyMemory<byte> Frame => _frame;

    /// <summary>The array behind <see cref="Frame"/>, which it fills.</summary>
    public byte[] FrameArray => _frame;

    /// <summary>The envelope alone.</summary>
    public ReadOnlyMemory<byte> Json => _frame.AsMemory(_headerLength);

    public static RoomMessage Create(in RoomMessageContent content)
    {
        var (room, epoch, offset) = (content.Room.Value, content.Epoch, content.Offset);
        var from = content.From ?? "null"u8.ToArray();
        var offsetLength = offset > 0 ? DigitCount(offset) : 0;
        var length = Head.Length + content.Type.Length + RoomField.Length + room.Length + IdField.Length + GuidLength + 1
            + (offset > 0 ? OffsetField.Length + offsetLength + EpochField.Length + epoch.Length + 1 : 0)
            + FromField.Length + from.Length + SentAtField.Length + TimeLength + PayloadField.Length + content.Payload.Length + 1;

        var headerLength = FrameBuilder.HeaderLength(length);
        var frame = GC.AllocateUninitializedArray<byte>(headerLength + length);
        FrameBuilder.WriteHeader(frame, Opcode.Text, length);

        var rest = frame.AsSpan(headerLength);
        rest = Put(rest, Head);
        rest = PutAscii(rest, content.Type);
        rest = Put(rest, RoomField);
        rest = PutAscii(rest, room);
        rest = Put(rest, IdField);
        content.Id.TryFormat(rest, out _);
        rest = rest[GuidLength..];
        rest = Put(rest, "\""u8);
        if (offset > 0)
        {
            rest = Put(rest, OffsetField);
            Utf8Formatter.TryFormat(offset, rest, out var written);
            rest = rest[written..];
            rest = Put(rest, EpochField);
            rest = PutAscii(rest, epoch);
            rest = Put(rest, "\""u8);
        }

        rest = Put(rest, FromField);
        rest = Put(rest, from);
        rest = Put(rest, SentAtField);
        content.SentAt.TryFormat(rest, out var timeLength, WireTime.Format, CultureInfo.InvariantCulture);
        rest = rest[timeLength..];
        rest = Put(rest, PayloadField);
        rest = Put(rest, content.Payload.Span);
        rest[0] = (byte)'}';

        return new RoomMessage(frame, headerLength)
        {
            Id = content.Id,
            Offset = offset,
            Type = content.Type,
            ConflateKey = content.ConflateKey ?? content.Type,
            PublishedAt = content.PublishedAt,
            ExcludedConnection = content.ExcludedConnection,
        };
    }

    private static ReadOnlySpan<byte> Head => "{\"v\":1,\"type\":\""u8;

    private static ReadOnlySpan<byte> RoomField => "\",\"room_id\":\""u8;

    private static ReadOnlySpan<byte> IdField => "\",\"id\":\""u8;

    private static ReadOnlySpan<byte> OffsetField => ",\"offset\":"u8;

    private static ReadOnlySpan<byte> EpochField => ",\"epoch\":\""u8;

    private static ReadOnlySpan<byte> FromField => ",\"from\":"u8;

    private static ReadOnlySpan<byte> SentAtField => ",\"sent_at\":\""u8;

    private static ReadOnlySpan<byte> PayloadField => "\",\"payload\":"u8;

    private static Span<byte> Put(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return destination[bytes.Length..];
    }

    // Types, rooms and epochs are ASCII by their own rules, so nothing in them needs escaping.
    private static Span<byte> PutAscii(Span<byte> destination, string text) =>
        destination[Encoding.ASCII.GetBytes(text, destination)..];

    private static int DigitCount(long value)
    {
        var digits = 1;
        while ((value /= 10) != 0)
        {
            digits++;
        }

        return digits;
    }
}

/// <summary>What a room message is made of.</summary>
internal readonly record struct RoomMessageContent
{
    public required Guid Id { get; init; }

    public required RoomId Room { get; init; }

    public required string Epoch { get; init; }

    public required long Offset { get; init; }

    public required string Type { get; init; }

    public required string? ConflateKey { get; init; }

    /// <summary>The sender as JSON; null for the server.</summary>
    public required byte[]? From { get; init; }

    public required DateTimeOffset SentAt { get; init; }

    public required long PublishedAt { get; init; }

    public required ReadOnlyMemory<byte> Payload { get; init; }

    public required long ExcludedConnection { get; init; }
}
