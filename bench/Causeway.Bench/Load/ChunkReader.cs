namespace Causeway.Bench.Load;

/// <summary>Takes the framing of <c>Transfer-Encoding: chunked</c> off a byte stream, so that a mark is whole again.</summary>
internal struct ChunkReader
{
    private int _left;
    private int _size;
    private State _state;

    private enum State
    {
        Size,
        SizeLineEnd,
        Data,
        DataEnd,
    }

    /// <summary>Takes the next piece of content from the front of <paramref name="bytes"/>; empty when there is none left.</summary>
    public ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_state == State.Data)
            {
                var piece = bytes[..Math.Min(_left, bytes.Length)];
                bytes = bytes[piece.Length..];
                _left -= piece.Length;
                if (_left == 0)
                {
                    _state = State.DataEnd;
                }

                return piece;
            }

            var c = bytes[0];
            bytes = bytes[1..];
            if (_state == State.DataEnd)
            {
                _state = c == '\n' ? State.Size : State.DataEnd;
            }
            else if (c == '\n')
            {
                (_left, _size) = (_size, 0);
                _state = _left > 0 ? State.Data : State.Size;
            }
            else if (_state == State.Size && char.IsAsciiHexDigit((char)c))
            {
                _size = (_size << 4) | (c <= '9' ? c - '0' : (c & 0x5F) - 'A' + 10);
            }
            else
            {
                _state = State.SizeLineEnd;
            }
        }

        return [];
    }
}
