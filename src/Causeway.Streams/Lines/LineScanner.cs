using System.Buffers;

namespace Causeway.Streams;

/// <summary>Turns a piece of a file into events: whole lines only. Not for two at once.</summary>
internal sealed class LineScanner(StreamSourceOptions options) : IDisposable
{
    /// <summary>A scan ends after about so many bytes of events.</summary>
    private const int Portion = 65_536;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly LineInspector _inspector = new(options.EndWhen);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Portion);
    private Generation? _longLineOf;
    private long _longLineAt = -1;
    private long _longLineScannedTo;

    /// <summary>Writes the events of the whole lines from an offset on.</summary>
    /// <param name="content">Its identity must be known.</param>
    /// <param name="from">After a line's end, or 0.</param>
    /// <param name="to">Nothing beyond is looked at.</param>
    /// <param name="output">Gets the events.</param>
    public Scan Read(Generation content, long from, long to, IBufferWriter<byte> output)
    {
        var (offset, lines, written) = (from, 0, 0);
        while (offset < to && written < Portion)
        {
            if (_longLineOf == content && _longLineAt == offset && _longLineScannedTo <= to)
            {
                if (SkipLongLine(content, offset, to, output) is not { } after)
                {
                    break;
                }

                (offset, lines, written) = (after, lines + 1, written + 200);
                continue;
            }

            var read = FileBytes.Read(content.File, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, to - offset)), offset);
            var piece = _buffer.AsSpan(0, read);
            if (piece.IndexOf((byte)'\n') < 0)
            {
                if (read > options.MaxLineBytes)
                {
                    (_longLineOf, _longLineAt, _longLineScannedTo) = (content, offset, offset + read);
                    continue;
                }

                if (read < _buffer.Length)
                {
                    break;
                }

                Grow();
                continue;
            }

            while (piece.IndexOf((byte)'\n') is >= 0 and var end && written < Portion)
            {
                var line = piece[..(end + 1)];
                var start = offset;
                offset += line.Length;
                piece = piece[line.Length..];
                var (text, isEvent, isTerminal) = WriteEvent(content, line, start, output);
                written += text;
                lines += isEvent ? 1 : 0;
                if (isTerminal)
                {
                    return new Scan(offset, lines, IsTerminal: true);
                }
            }
        }

        return new Scan(offset, lines, IsTerminal: false);
    }

    /// <summary>Whether the line that ends at an offset is the source's last.</summary>
    public bool IsTerminal(Generation content, long offset)
    {
        if (options.EndWhen is null || offset == 0)
        {
            return false;
        }

        var start = FileBytes.AfterLastLineEnd(content.File, offset - 1);
        if (offset - start > options.MaxLineBytes)
        {
            return false;
        }

        var line = new byte[offset - start];
        var text = FileBytes.Read(content.File, line, start) == line.Length ? Trim(line, start) : default;
        return !text.IsEmpty && _inspector.Inspect(text) == LineKind.Terminal;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    // Rotated logs of writers that don't append begin with the zeros of a hole.
    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line, long start)
    {
        if (start == 0 && line.StartsWith(ByteOrderMark))
        {
            line = line[ByteOrderMark.Length..];
        }

        return line.TrimStart((byte)0).Trim(" \t\r\n"u8);
    }

    private (int Written, bool IsEvent, bool IsTerminal) WriteEvent(Generation content, ReadOnlySpan<byte> line, long start, IBufferWriter<byte> output)
    {
        var text = Trim(line, start);
        if (text.IsEmpty)
        {
            return (0, false, false);
        }

        var id = new EventId(content.Identity!, start + line.Length, EventId.CheckOf(line));
        if (text.Length > options.MaxLineBytes)
        {
            EventText.WriteSkipped(output, start, line.Length, options.MaxLineBytes, id);
            return (200, true, false);
        }

        var kind = _inspector.Inspect(text);
        if (kind is LineKind.NotJson or LineKind.NotUtf8)
        {
            EventText.WriteInvalid(output, text, kind, start, id);
            return (400, true, false);
        }

        EventText.WriteLine(output, text, id);
        return (text.Length + 60, true, kind == LineKind.Terminal);
    }

    private long? SkipLongLine(Generation content, long start, long to, IBufferWriter<byte> output)
    {
        while (_longLineScannedTo < to)
        {
            var read = FileBytes.Read(content.File, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, to - _longLineScannedTo)), _longLineScannedTo);
            if (read == 0)
            {
                return null;
            }

            if (_buffer.AsSpan(0, read).IndexOf((byte)'\n') is >= 0 and var end)
            {
                var after = _longLineScannedTo + end + 1;
                _longLineOf = null;
                if (EventId.CheckAt(content, after) is not { } check)
                {
                    return null;
                }

                EventText.WriteSkipped(output, start, after - start, options.MaxLineBytes, new EventId(content.Identity!, after, check));
                return after;
            }

            _longLineScannedTo += read;
        }

        return null;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_buffer.Length * 2, options.MaxLineBytes + 2));
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}

/// <summary>What a scan came to.</summary>
/// <param name="Offset">After the last line it took.</param>
/// <param name="Lines">Events written.</param>
/// <param name="IsTerminal">The last line taken is the source's last.</param>
internal readonly record struct Scan(long Offset, int Lines, bool IsTerminal);
