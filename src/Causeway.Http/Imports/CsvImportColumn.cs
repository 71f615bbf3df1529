namespace Causeway.Http;

/// <summary>A column that an import knows.</summary>
/// <param name="Name">Its name in snake_case; the header may write it with blanks, hyphens and capitals.</param>
public sealed record CsvImportColumn(string Name)
{
    /// <summary>Whether a file without it is refused.</summary>
    /// <value>Default false.</value>
    public bool IsRequired { get; init; }

    /// <summary>Other names by which the header may call it.</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}
