using System.Text.Unicode;
using CsvHelper;

namespace Causeway.Http;

/// <summary>A CSV file, read row by row, with the line on which each row begins.</summary>
internal sealed class CsvFile : IDisposable
{
    private readonly CsvReader _reader;
    private readonly CsvImportLimits _limits;

    /// <summary>Lines of rows with wrong quotes; told before, or as, the row is read.</summary>
    private readonly HashSet<long> _misquoted = [];

    /// <param name="content">The bytes.</param>
    /// <param name="delimiter">What separates fields; null to find it out from the first lines.</param>
    /// <param name="limits">How long a row and a field may be.</param>
    public CsvFile(Stream content, char? delimiter, CsvImportLimits limits)
    {
        _limits = limits;
        _reader = CsvReader.Create(
            content,
            new CsvReaderOptions
            {
                Separator = delimiter,
                HasHeader = false,
                Mode = CsvMode.Rfc4180,
                MaxRecordSize = limits.MaxRowBytes,
                TrackLineNumbers = true,
                OnMalformedRecord = record => _misquoted.Add(record.LineNumber),
            },
            leaveOpen: true);
    }

    /// <summary>The line on which the row begins.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>The row's fields.</summary>
    public string?[] Fields { get; private set; } = [];

    /// <summary>What is wrong with the row as text; null for nothing.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next row that is not blank; false at the end.</summary>
    /// <exception cref="CsvFileException">The file can't be read on.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await _reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }
        catch (CsvFormatException exception)
        {
            Line = (int)Math.Max(exception.LineNumber, Line + 1);
            throw new CsvFileException(Line, $"A row is longer than {_limits.MaxRowBytes} bytes; perhaps a quote is not closed.");
        }

        Line = (int)_reader.LineNumber;
        Problem = _misquoted.Remove(Line) ? "A quote stands where none may: a field with quotes stands in quotes, with each of its own doubled."
            : Utf8.IsValid(_reader.RawRecord) ? null
            : "Is not UTF-8.";

        Fields = new string?[_reader.FieldCount];
        for (var i = 0; i < Fields.Length; i++)
        {
            Fields[i] = _reader.GetString(i);
        }

        return true;
    }

    public void Dispose() => _reader.Dispose();
}
