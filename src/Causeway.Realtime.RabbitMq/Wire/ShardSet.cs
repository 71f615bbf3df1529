using System.Buffers.Binary;

namespace Causeway.Realtime.RabbitMq;

/// <summary>Some of the shards, <see cref="Shards.All"/> among them or not.</summary>
internal sealed class ShardSet
{
    /// <summary>Of the written form.</summary>
    public const int Bytes = 5 * sizeof(ulong);

    private readonly ulong[] _bits = new ulong[5];

    public bool IsEmpty => !_bits.AsSpan().ContainsAnyExcept(0ul);

    public static ShardSet Read(ReadOnlySpan<byte> bytes)
    {
        var set = new ShardSet();
        for (var i = 0; i < set._bits.Length; i++)
        {
            set._bits[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
        }

        return set;
    }

    public void Write(Span<byte> bytes)
    {
        for (var i = 0; i < _bits.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * sizeof(ulong))..], _bits[i]);
        }
    }

    public void Add(int shard) => _bits[shard >> 6] |= 1ul << shard;

    public void Add(ShardSet others)
    {
        for (var i = 0; i < _bits.Length; i++)
        {
            _bits[i] |= others._bits[i];
        }
    }

    public void Clear() => Array.Clear(_bits);

    public bool Contains(int shard) => (_bits[shard >> 6] >> shard & 1) != 0;
}
