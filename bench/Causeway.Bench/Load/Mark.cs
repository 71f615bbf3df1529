namespace Causeway.Bench.Load;

/// <summary>What makes a message findable in whatever a server wraps around it: <c>@@</c> and its number in twelve digits.</summary>
internal static class Mark
{
    public const int Length = 14;
    public const byte Sign = (byte)'@';

    public static ReadOnlySpan<byte> Start => "@@"u8;

    public static void Write(Span<byte> into, long sequence)
    {
        Start.CopyTo(into);
        for (var i = Length - 1; i >= 2; i--)
        {
            into[i] = (byte)('0' + (sequence % 10));
            sequence /= 10;
        }
    }

    public static long Read(ReadOnlySpan<byte> mark)
    {
        var sequence = 0L;
        for (var i = 2; i < Length; i++)
        {
            sequence = (sequence * 10) + (mark[i] - '0');
        }

        return sequence;
    }

    /// <summary>A JSON object of exactly <paramref name="size"/> bytes that carries the mark.</summary>
    public static void WritePayload(Span<byte> into, int size, long sequence)
    {
        var head = "{\"mark\":\""u8;
        var middle = "\",\"text\":\""u8;
        var tail = "\"}"u8;
        head.CopyTo(into);
        Write(into[head.Length..], sequence);
        middle.CopyTo(into[(head.Length + Length)..]);
        into[(head.Length + Length + middle.Length)..(size - tail.Length)].Fill((byte)'x');
        tail.CopyTo(into[(size - tail.Length)..]);
    }
}
