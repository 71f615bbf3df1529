using System.Globalization;

namespace Causeway.Http;

/// <summary>A row's fields by their columns. What can't be read is noted and refuses the row; the reading goes on, so that all of it is told at once.</summary>
public sealed class CsvRow
{
    private readonly IReadOnlyDictionary<string, int> _columns;
    private readonly string?[] _fields;
    private readonly Action<CsvImportError> _report;

    internal CsvRow(int line, IReadOnlyDictionary<string, int> columns, string?[] fields, Action<CsvImportError> report) =>
        (Line, _columns, _fields, _report) = (line, columns, fields, report);

    /// <summary>The line on which it begins.</summary>
    public int Line { get; }

    /// <summary>Whether anything is wrong with it.</summary>
    public bool IsFailed { get; private set; }

    /// <summary>Whether the file has the column at all.</summary>
    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>A field's text; null where it is empty or the file has no such column.</summary>
    public string? Text(string column) =>
        _columns.TryGetValue(column, out var index) && _fields[index] is { Length: > 0 } text ? text : null;

    /// <summary>A field's text; refuses the row where it is empty.</summary>
    public string Required(string column)
    {
        if (Text(column) is { } text)
        {
            return text;
        }

        Fail(column, "Must not be empty.");
        return "";
    }

    /// <summary>A whole number; null where the field is empty.</summary>
    public long? Number(string column) => Read<long>(
        column, static (string text, out long value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value), "Must be a whole number.");

    /// <summary><c>true</c>, <c>yes</c>, <c>1</c>, or <c>false</c>, <c>no</c>, <c>0</c>, without regard to case; null where the field is empty.</summary>
    public bool? Boolean(string column) => Read<bool>(column, TryReadBoolean, "Must be true or false.");

    /// <summary>A moment as RFC 3339 with its offset; null where the field is empty.</summary>
    public DateTimeOffset? Time(string column) => Read<DateTimeOffset>(
        column,
        static (string text, out DateTimeOffset value) => ListReader.TryReadTime(text, out value),
        "Must be a time with its offset (2026-01-31T08:15:00Z) or a date (2026-01-31).");

    /// <summary>Texts with a separator between them, without the blanks around each; empty where the field is.</summary>
    public IReadOnlyList<string> List(string column, char separator = ';') =>
        Text(column)?.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Refuses the row.</summary>
    /// <param name="column">The column whose value is the reason; null for the row as a whole.</param>
    /// <param name="message">One sentence that says what it should be.</param>
    public void Fail(string? column, string message)
    {
        IsFailed = true;
        _report(new CsvImportError(Line, column, message));
    }

    /// <summary>Refuses the row unless the rule holds.</summary>
    public void Check(bool holds, string column, string rule)
    {
        if (!holds)
        {
            Fail(column, rule);
        }
    }

    private delegate bool Reader<T>(string text, out T value);

    private T? Read<T>(string column, Reader<T> reader, string rule)
        where T : struct
    {
        if (Text(column)?.Trim() is not { Length: > 0 } text)
        {
            return null;
        }

        if (reader(text, out var value))
        {
            return value;
        }

        Fail(column, rule);
        return null;
    }

    private static bool TryReadBoolean(string text, out bool value)
    {
        value = text.ToLowerInvariant() is "true" or "yes" or "1";
        return value || text.ToLowerInvariant() is "false" or "no" or "0";
    }
}
