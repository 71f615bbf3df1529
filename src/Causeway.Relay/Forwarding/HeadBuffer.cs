using System.Buffers;
using System.Text;

namespace Causeway.Relay;

/// <summary>A message's head as it is put together, in rented memory.</summary>
internal sealed class HeadBuffer : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(2_048);
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    public void Add(ReadOnlySpan<char> text)
    {
        _length += Encoding.UTF8.TryGetBytes(text, _bytes.AsSpan(_length), out var written)
            ? written
            : Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
    }

    /// <summary>Adds a header line.</summary>
    /// <exception cref="InvalidOperationException">The value would end the line.</exception>
    public void AddField(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (value.IndexOfAny('\r', '\n', '\0') >= 0)
        {
            throw new InvalidOperationException($"The header {name} can't be sent: its value has a line break.");
        }

        Add(name);
        Add(": "u8);
        Add(value);
        Add("\r\n"u8);
    }

    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - _length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + count));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(_length);
    }
}
