using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Causeway.Http;

/// <summary>Writes a CSV file (RFC 4180) field by field into a pipe, without a string or an array of its own.</summary>
/// <remarks>A field that is null is empty; an empty text is <c>""</c>.</remarks>
public sealed class CsvWriter
{
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    private readonly PipeWriter _output;
    private readonly bool _guards;
    private bool _isFirst = true;
    private bool _isBare;

    /// <summary>Begins a file.</summary>
    /// <param name="output">Takes the bytes; the caller flushes it.</param>
    /// <param name="options">How to write.</param>
    public CsvWriter(PipeWriter output, CsvOptions options)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        _output = output;
        _guards = options.GuardsFormulas;
        if (options.ByteOrderMark)
        {
            _output.Write("\uFEFF"u8);
        }
    }

    /// <summary>Writes a text. A lone surrogate, which is no text, becomes U+FFFD.</summary>
    public void Write(string? value)
    {
        Separate();
        if (value is null)
        {
            return;
        }

        _isBare = false;
        var guards = _guards && FormulaGuard.Guards(value);
        if (value.Length > 0 && value[0] is not (' ' or '\t') && value[^1] is not (' ' or '\t') && !value.AsSpan().ContainsAny(NeedQuotes))
        {
            if (guards)
            {
                _output.Write("'"u8);
            }

            Encode(value);
            return;
        }

        _output.Write(guards ? "\"'"u8 : "\""u8);
        var rest = value.AsSpan();
        int quote;
        while ((quote = rest.IndexOf('"')) >= 0)
        {
            Encode(rest[..quote]);
            _output.Write("\"\""u8);
            rest = rest[(quote + 1)..];
        }

        Encode(rest);
        _output.Write("\""u8);
    }

    /// <summary>Writes a whole number.</summary>
    public void Write(long? value) => WriteFormatted(value, default);

    /// <summary>Writes a number in the shortest form that gives it again.</summary>
    public void Write(double? value) => WriteFormatted(value, "R");

    /// <summary>Writes a decimal number with all its places.</summary>
    public void Write(decimal? value) => WriteFormatted(value, default);

    /// <summary>Writes <c>true</c> or <c>false</c>.</summary>
    public void Write(bool? value)
    {
        Separate();
        if (value is { } given)
        {
            _isBare = false;
            _output.Write(given ? "true"u8 : "false"u8);
        }
    }

    /// <summary>Writes a moment as RFC 3339 in UTC with milliseconds, as JSON has it.</summary>
    public void Write(DateTimeOffset? value) => WriteFormatted(value?.UtcDateTime, TimeForm);

    /// <summary>Ends the row.</summary>
    public void EndRow()
    {
        // A line with nothing in it is no row to most readers.
        _output.Write(_isBare ? "\"\"\r\n"u8 : "\r\n"u8);
        _isFirst = true;
    }

    private void WriteFormatted<T>(T? value, ReadOnlySpan<char> format)
        where T : struct, IUtf8SpanFormattable
    {
        Separate();
        if (value is not { } given)
        {
            return;
        }

        _isBare = false;
        var span = _output.GetSpan(64);
        given.TryFormat(span, out var written, format, CultureInfo.InvariantCulture);
        _output.Advance(written);
    }

    private void Separate()
    {
        if (_isFirst)
        {
            (_isFirst, _isBare) = (false, true);
        }
        else
        {
            _isBare = false;
            _output.Write(","u8);
        }
    }

    private void Encode(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, _output);
}
