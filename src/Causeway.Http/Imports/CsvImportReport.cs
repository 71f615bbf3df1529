namespace Causeway.Http;

/// <summary>What an import did, or in a dry run would have done.</summary>
public sealed record CsvImportReport
{
    /// <summary>Whether nothing was changed.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Rows that were read, without the header.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that made something.</summary>
    public required long Created { get; init; }

    /// <summary>Rows that changed something.</summary>
    public required long Updated { get; init; }

    /// <summary>Rows that had nothing to do.</summary>
    public required long Skipped { get; init; }

    /// <summary>Rows that were refused; nothing of them was done.</summary>
    public required long Failed { get; init; }

    /// <summary>What was wrong with rows, in the file's order; at most the limit's number.</summary>
    public required IReadOnlyList<CsvImportError> Errors { get; init; }

    /// <summary>Whether there are more errors than are told.</summary>
    public required bool ErrorsTruncated { get; init; }

    /// <summary>Why the import ended before the file did; null where it did not.</summary>
    public required CsvImportStop? Stopped { get; init; }
}

/// <summary>What is wrong with a row.</summary>
/// <param name="Line">The line on which the row begins, from 1, which is the header's.</param>
/// <param name="Column">The column; null for the row as a whole.</param>
/// <param name="Message">What it should be.</param>
public sealed record CsvImportError(int Line, string? Column, string Message);

/// <summary>Why an import ended before its file did.</summary>
/// <param name="Line">The first line of which nothing was done; all before it was.</param>
/// <param name="Message">Why.</param>
public sealed record CsvImportStop(int Line, string Message);
