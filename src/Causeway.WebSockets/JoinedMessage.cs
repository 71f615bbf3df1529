using System.Buffers;

namespace Causeway.WebSockets;

/// <summary>The fragments of one message as they come in. The header check has capped their total before <see cref="Append"/>.</summary>
internal struct JoinedMessage
{
    private const int SmallestCapacity = 256;

    private byte[]? _bytes;

    public bool IsOpen { get; private set; }

    public Opcode Kind { get; private set; }

    public bool IsCompressed { get; private set; }

    public int Length { get; private set; }

    public readonly int Capacity => _bytes?.Length ?? 0;

    public void Begin(Opcode kind, bool isCompressed) => (IsOpen, Kind, IsCompressed, Length) = (true, kind, isCompressed, 0);

    /// <param name="fragment">The next bytes.</param>
    /// <param name="max">What the whole message may have: doubling stops there.</param>
    public void Append(ReadOnlySpan<byte> fragment, int max)
    {
        var needed = Length + fragment.Length;
        if (needed > Capacity)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (int)Math.Min(Math.Max(SmallestCapacity, Capacity * 2L), max)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            Return();
            _bytes = larger;
        }

        fragment.CopyTo(_bytes.AsSpan(Length));
        Length = needed;
    }

    /// <summary>Hands the message and its array over; null where it is empty.</summary>
    public byte[]? End(out ReadOnlyMemory<byte> whole)
    {
        var bytes = _bytes;
        whole = bytes.AsMemory(0, Length);
        this = default;
        return bytes;
    }

    public void Discard()
    {
        Return();
        this = default;
    }

    private readonly void Return()
    {
        if (_bytes is not null)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
