namespace Causeway.Http;

/// <summary>How a CSV file is written. It is always UTF-8 with a header, lines end in CRLF, and fields are quoted where RFC 4180 needs it.</summary>
public sealed record CsvOptions
{
    /// <summary>As most programs want it.</summary>
    public static CsvOptions Default { get; } = new();

    /// <summary>Whether the file begins with a byte order mark, by which Excel knows UTF-8.</summary>
    /// <value>Default false.</value>
    public bool ByteOrderMark { get; init; }

    /// <summary>Whether texts that a spreadsheet would take for a formula are written with an apostrophe before them.</summary>
    /// <value>
    /// Default true. It is for texts that begin with <c>= + - @</c>, a tab or a carriage return, and those that would be taken for guarded
    /// ones; numbers stay numbers. An import takes the apostrophe away again, so nothing is lost on the way.
    /// </value>
    public bool GuardsFormulas { get; init; } = true;
}
