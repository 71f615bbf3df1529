namespace Causeway.Http;

/// <summary>Rows to be imported together, for one transaction.</summary>
/// <param name="Rows">All valid as far as the row alone tells, and no two with the same key.</param>
/// <param name="DryRun">Whether only to check, and to change nothing.</param>
public sealed record CsvImportBatch<T>(IReadOnlyList<CsvImportRow<T>> Rows, bool DryRun)
{
    internal Func<CsvImportReport>? Reached { get; init; }

    /// <summary>How far the import is with this batch, by what was told of its rows. Keep it in the batch's transaction, last, for an import that can go on after a crash.</summary>
    public CsvImportReport Progress() => Reached?.Invoke() ?? throw new InvalidOperationException("The batch is of no import.");
}

/// <summary>A row to be imported.</summary>
public sealed class CsvImportRow<T>
{
    private readonly Action<CsvImportError> _report;

    internal CsvImportRow(int line, T value, Action<CsvImportError> report) => (Line, Value, _report) = (line, value, report);

    /// <summary>The line on which it begins.</summary>
    public int Line { get; }

    /// <summary>What was read of it.</summary>
    public T Value { get; }

    /// <summary>What became of it, told by whoever handles the batch.</summary>
    /// <value>Default <see cref="CsvImportOutcome.Created"/>.</value>
    public CsvImportOutcome Outcome { get; set; } = CsvImportOutcome.Created;

    /// <summary>Refuses the row.</summary>
    /// <param name="column">The column whose value is the reason; null for the row as a whole.</param>
    /// <param name="message">One sentence.</param>
    public void Fail(string? column, string message)
    {
        Outcome = CsvImportOutcome.Failed;
        _report(new CsvImportError(Line, column, message));
    }
}
