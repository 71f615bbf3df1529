using System.Buffers.Binary;

namespace Causeway.Realtime.RabbitMq;

/// <summary>What a message of the broker is for. The numbers are on the wire between releases: never reuse one.</summary>
internal enum FrameKind : byte
{
    /// <summary>Items for nodes, each after its length.</summary>
    Items = 1,

    /// <summary>How far the sender's numbers have gone in each shard that it sent to since it said so last: shard, number.</summary>
    Beat = 2,

    /// <summary>The sender could not send all it should have: a <see cref="ShardSet"/> of what may be missing.</summary>
    Lost = 3,

    /// <summary>To oneself, to see whether it comes.</summary>
    Probe = 4,
}

/// <summary>What stands before a frame's contents.</summary>
/// <param name="Kind">What the contents are.</param>
/// <param name="Shard">Where it was sent to.</param>
/// <param name="Node">The process that sent it.</param>
/// <param name="Session">That process's connection to the broker, from 1: numbers begin anew with each.</param>
/// <param name="Number">Counts what that session has sent to this shard, from 1.</param>
internal readonly record struct FrameHeader(FrameKind Kind, int Shard, ulong Node, uint Session, ulong Number)
{
    public const int Bytes = 24;

    private const byte Version = 1;

    /// <returns>False when it is not of this version.</returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, out FrameHeader header)
    {
        if (frame.Length < Bytes || frame[0] != Version || BinaryPrimitives.ReadUInt16LittleEndian(frame[2..]) is var shard && shard > Shards.All)
        {
            header = default;
            return false;
        }

        header = new FrameHeader(
            (FrameKind)frame[1], shard, BinaryPrimitives.ReadUInt64LittleEndian(frame[8..]), BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]), BinaryPrimitives.ReadUInt64LittleEndian(frame[16..]));
        return true;
    }

    public void Write(Span<byte> frame)
    {
        frame[0] = Version;
        frame[1] = (byte)Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[2..], (ushort)Shard);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Session);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], Node);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[16..], Number);
    }
}

/// <summary>Items for one shard that go as one message of the broker; its buffer is used again and again.</summary>
internal sealed class Frame
{
    private byte[] _buffer = new byte[1_024];

    public int Shard { get; private set; }

    public int Length { get; private set; }

    /// <summary>The whole of it, the room for its header first.</summary>
    public Memory<byte> Written => _buffer.AsMemory(0, Length);

    /// <summary>Of the items with their lengths.</summary>
    public int ItemBytes => Length - FrameHeader.Bytes;

    /// <summary>What its buffer takes, whatever is in it.</summary>
    public int Capacity => _buffer.Length;

    public void Begin(int shard) => (Shard, Length) = (shard, FrameHeader.Bytes);

    /// <returns>The bytes that it takes.</returns>
    public int Add(ReadOnlySpan<byte> item)
    {
        var needed = Length + sizeof(int) + item.Length;
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(Length), item.Length);
        item.CopyTo(_buffer.AsSpan(Length + sizeof(int)));
        Length = needed;
        return sizeof(int) + item.Length;
    }
}
