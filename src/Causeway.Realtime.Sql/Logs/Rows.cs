using System.Text;

namespace Causeway.Realtime.Sql;

/// <summary>A log's row.</summary>
internal sealed record LogRow
{
    public long Log { get; init; }

    public string? RoomId { get; init; }

    public required string Epoch { get; init; }

    public long Newest { get; init; }

    public long KeepCount { get; init; }

    public long KeepMs { get; init; }
}

/// <summary>A message's row.</summary>
internal sealed record MessageRow
{
    public const string Columns = "position, id, type, conflate_key, sender, sent_at, payload";

    public long Position { get; init; }

    public required byte[] Id { get; init; }

    public required string Type { get; init; }

    public byte[]? ConflateKey { get; init; }

    public byte[]? Sender { get; init; }

    public long SentAt { get; init; }

    public required byte[] Payload { get; init; }

    public RoomLogMessage ToMessage() => new()
    {
        Offset = Position,
        Id = new Guid(Id, bigEndian: true),
        Type = Type,
        ConflateKey = ConflateKey is null ? null : Encoding.UTF8.GetString(ConflateKey),
        Sender = Sender,
        SentAt = DateTimeOffset.FromUnixTimeMilliseconds(SentAt),
        Payload = Payload,
    };
}

/// <summary>A message that was stored under a key.</summary>
internal sealed record KeyRow
{
    public required string Key { get; init; }

    public long Position { get; init; }

    public required byte[] Id { get; init; }

    public required byte[] Fingerprint { get; init; }
}
