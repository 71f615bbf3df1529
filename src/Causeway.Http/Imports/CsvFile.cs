using System.Text;
using System.Text.Unicode;

namespace Causeway.Http;

/// <summary>A CSV file (RFC 4180, UTF-8), read row by row as it comes, with the line on which each row begins. It goes on behind a row that is wrong.</summary>
internal sealed class CsvFile
{
    private const int FirstBytes = 65_536;

    private static readonly byte[] Delimiters = [(byte)',', (byte)';', (byte)'\t'];

    private readonly Stream _content;
    private readonly int _maxRowBytes;
    private readonly List<Field> _fields = [];

    // The row begins at _start; everything else of it counts from there, so that the bytes may be moved. _position is up to where it was looked at.
    private byte[] _buffer = new byte[FirstBytes];
    private int _start;
    private int _position;
    private int _end;
    private bool _isEnded;
    private byte _delimiter;
    private int _nextLine = 1;

    private Place _place;
    private int _fieldStart;
    private int _fieldEnd;
    private bool _isEscaped;
    private bool _isMisquoted;

    /// <param name="content">The bytes.</param>
    /// <param name="delimiter">What separates fields; null to find it out from the first line.</param>
    /// <param name="limits">How long a row may be.</param>
    public CsvFile(Stream content, char? delimiter, CsvImportLimits limits) =>
        (_content, _delimiter, _maxRowBytes) = (content, (byte)(delimiter ?? '\0'), limits.MaxRowBytes);

    private enum Place
    {
        FieldStart,
        Unquoted,
        Quoted,
        BehindQuote,
    }

    /// <summary>The line on which the row begins.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>The row's fields.</summary>
    public string?[] Fields { get; private set; } = [];

    /// <summary>What is wrong with the row as text; null for nothing.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next row that is not blank; false at the end.</summary>
    /// <exception cref="CsvFileException">A row does not end.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_delimiter == 0)
        {
            await DetectAsync(cancellationToken).ConfigureAwait(false);
        }

        do
        {
            (_start, _place, _isMisquoted) = (_position, Place.FieldStart, false);
            _fields.Clear();
            Line = _nextLine;
            while (!Scan())
            {
                if (!_isEnded)
                {
                    await FillAsync(cancellationToken).ConfigureAwait(false);
                }
                else if (_position == _start)
                {
                    return false;
                }
                else
                {
                    EndFile();
                    break;
                }
            }
        }
        while (_fields is [{ Length: 0, IsQuoted: false }]);

        var row = _buffer.AsSpan(_start, _position - _start);
        Problem = _isMisquoted ? "A quote stands where none may: a field with quotes stands in quotes, with each of its own doubled."
            : !Utf8.IsValid(row) ? "Is not UTF-8."
            : row.Contains((byte)0) ? "Has a zero byte, which is no text."
            : null;
        Fields = new string?[_fields.Count];
        for (var i = 0; i < Fields.Length; i++)
        {
            var text = Encoding.UTF8.GetString(row.Slice(_fields[i].Start, _fields[i].Length));
            Fields[i] = _fields[i].IsEscaped ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
        }

        return true;
    }

    /// <summary>Looks at the bytes that are there; true when the row is whole.</summary>
    private bool Scan()
    {
        while (_position < _end)
        {
            var one = _buffer[_position];
            switch (_place)
            {
                case Place.FieldStart:
                    (_isEscaped, _place) = (false, one == '"' ? Place.Quoted : Place.Unquoted);
                    _position += one == '"' ? 1 : 0;
                    _fieldStart = _position - _start;
                    break;
                case Place.Quoted when one == '"':
                    if (_position + 1 == _end && !_isEnded)
                    {
                        return false;
                    }

                    var isDoubled = _position + 1 < _end && _buffer[_position + 1] == '"';
                    _isEscaped |= isDoubled;
                    (_place, _fieldEnd) = isDoubled ? (Place.Quoted, 0) : (Place.BehindQuote, _position - _start);
                    _position += isDoubled ? 2 : 1;
                    break;
                case Place.Quoted:
                    _nextLine += one == '\n' ? 1 : 0;
                    _position++;
                    break;
                case var _ when one == _delimiter:
                    EndField();
                    _position++;
                    break;
                case var _ when one is (byte)'\r' or (byte)'\n':
                    if (one == '\r' && _position + 1 == _end && !_isEnded)
                    {
                        return false;
                    }

                    EndField();
                    _position += one == '\r' && _position + 1 < _end && _buffer[_position + 1] == '\n' ? 2 : 1;
                    _nextLine++;
                    return true;
                default:
                    _isMisquoted |= one == '"' || _place == Place.BehindQuote;
                    _position++;
                    break;
            }
        }

        return false;
    }

    private void EndField()
    {
        var isQuoted = _place == Place.BehindQuote;
        var end = isQuoted ? _fieldEnd : _position - _start;
        _fields.Add(new Field(_fieldStart, end - _fieldStart, isQuoted, isQuoted && _isEscaped));
        (_place, _fieldStart) = (Place.FieldStart, _position + 1 - _start);
    }

    /// <summary>The last row, which has no end of its own.</summary>
    private void EndFile()
    {
        _isMisquoted |= _place == Place.Quoted;
        if (_place == Place.FieldStart)
        {
            _fieldStart = _position - _start;
        }

        EndField();
    }

    /// <summary>The delimiter is the one that stands most often in the first line, outside of quotes.</summary>
    private async ValueTask DetectAsync(CancellationToken cancellationToken)
    {
        var counts = new int[Delimiters.Length];
        var isQuoted = false;
        for (var i = 0; ; i++)
        {
            while (i == _end && !_isEnded)
            {
                await FillAsync(cancellationToken).ConfigureAwait(false);
            }

            if (i == _end || !isQuoted && _buffer[i] is (byte)'\r' or (byte)'\n')
            {
                break;
            }

            isQuoted ^= _buffer[i] == '"';
            if (!isQuoted && Array.IndexOf(Delimiters, _buffer[i]) is >= 0 and var known)
            {
                counts[known]++;
            }
        }

        _delimiter = Delimiters[Array.IndexOf(counts, counts.Max())];
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_end - _start > _maxRowBytes)
        {
            throw new CsvFileException(Line, $"A row is longer than {_maxRowBytes} bytes; perhaps a quote is not closed.");
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_position, _end, _start) = (_position - _start, _end - _start, 0);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var isFirst = _end == 0 && _nextLine == 1;
        var read = await _content.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _isEnded = read == 0;
        _end += read;
        if (isFirst)
        {
            await SkipByteOrderMarkAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask SkipByteOrderMarkAsync(CancellationToken cancellationToken)
    {
        while (_end < 3 && !_isEnded)
        {
            var read = await _content.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _isEnded = read == 0;
            _end += read;
        }

        if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
        {
            _buffer.AsSpan(3, _end - 3).CopyTo(_buffer);
            _end -= 3;
        }
    }

    private readonly record struct Field(int Start, int Length, bool IsQuoted, bool IsEscaped);
}
