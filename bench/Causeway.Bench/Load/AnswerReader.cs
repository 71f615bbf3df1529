using System.Buffers.Text;

namespace Causeway.Bench.Load;

/// <summary>Counts the answers on an HTTP/1.1 connection: those with a length, as the bench's backend gives them.</summary>
internal struct AnswerReader
{
    private byte[]? _head;
    private int _headLength;
    private long _left;

    /// <summary>Takes bytes up to the end of one answer.</summary>
    /// <param name="bytes">What came; the bytes taken are cut off.</param>
    /// <returns>True at the end of an answer; false where more is needed.</returns>
    public bool Take(ref ReadOnlySpan<byte> bytes)
    {
        if (_left == 0)
        {
            var before = _headLength;
            _head ??= new byte[8192];
            var copied = Math.Min(bytes.Length, _head.Length - before);
            bytes[..copied].CopyTo(_head.AsSpan(before));
            var end = _head.AsSpan(0, before + copied).IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                _headLength = before + copied;
                bytes = [];
                return false;
            }

            _headLength = 0;
            _left = LengthOf(_head.AsSpan(0, end + 2));
            bytes = bytes[(end + 4 - before)..];
        }

        var taken = (int)Math.Min(_left, bytes.Length);
        _left -= taken;
        bytes = bytes[taken..];
        return _left == 0;
    }

    private static long LengthOf(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 200"u8))
        {
            throw new BenchException("refused: " + System.Text.Encoding.ASCII.GetString(head));
        }

        while (!head.IsEmpty)
        {
            var end = head.IndexOf("\r\n"u8);
            var line = head[..end];
            head = head[(end + 2)..];
            if (line.Length > 15 && System.Text.Ascii.EqualsIgnoreCase(line[..15], "content-length:"u8))
            {
                return Utf8Parser.TryParse(line[15..].Trim((byte)' '), out long length, out _) ? length : throw new BenchException("an answer's length can't be read");
            }
        }

        throw new BenchException("an answer came without its length");
    }
}
