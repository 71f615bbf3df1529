namespace Causeway.Http;

/// <summary>What became of a row.</summary>
public enum CsvImportOutcome
{
    /// <summary>It made something.</summary>
    Created = 1,

    /// <summary>It changed something.</summary>
    Updated,

    /// <summary>There was nothing to do.</summary>
    Skipped,

    /// <summary>It was refused.</summary>
    Failed,
}
