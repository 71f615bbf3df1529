namespace Causeway.Http;

/// <summary>How far an import is, kept with each batch in its transaction, so that one that was broken off goes on behind it and reports all of it.</summary>
public sealed record CsvImportProgress
{
    /// <summary>Rows that are settled, without the header: imported, passed over or refused.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that made something.</summary>
    public required long Created { get; init; }

    /// <summary>Rows that changed something.</summary>
    public required long Updated { get; init; }

    /// <summary>Rows that had nothing to do.</summary>
    public required long Skipped { get; init; }

    /// <summary>Rows that were refused.</summary>
    public required long Failed { get; init; }

    /// <summary>What was wrong with them, as far as it is told.</summary>
    public required IReadOnlyList<CsvImportError> Errors { get; init; }

    /// <summary>Whether there are more errors than are told.</summary>
    public required bool ErrorsTruncated { get; init; }
}
