using System.Buffers.Binary;

namespace Causeway.Realtime.RabbitMq;

/// <summary>How far a sender's numbers have gone. Without it, nobody would know that the last message of a shard is missing.</summary>
internal static class Beat
{
    public const int EntryBytes = sizeof(ushort) + sizeof(ulong);

    public static (int Shard, ulong Number) Read(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadUInt16LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[sizeof(ushort)..]));

    /// <summary>Writes an entry for each shard of a set.</summary>
    /// <returns>The bytes written.</returns>
    public static int Write(Span<byte> contents, ShardSet changed, ReadOnlySpan<ulong> numbers)
    {
        var written = 0;
        for (var shard = 0; shard < Shards.Count; shard++)
        {
            if (changed.Contains(shard))
            {
                BinaryPrimitives.WriteUInt16LittleEndian(contents[written..], (ushort)shard);
                BinaryPrimitives.WriteUInt64LittleEndian(contents[(written + sizeof(ushort))..], numbers[shard]);
                written += EntryBytes;
            }
        }

        return written;
    }
}
