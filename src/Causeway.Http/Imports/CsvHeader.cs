namespace Causeway.Http;

/// <summary>Finds in a file's header which field is which column.</summary>
internal static class CsvHeader
{
    /// <summary>The field of each column that is there, and how many fields a row has.</summary>
    /// <exception cref="ApiErrorException">Something is missing, unknown or there twice: 422, naming it and the columns that are known.</exception>
    public static (IReadOnlyDictionary<string, int> Columns, int Width) Read(string?[] header, IReadOnlyList<CsvImportColumn> columns, CsvImportRequest request)
    {
        var errors = new ListErrors();
        var names = string.Join(", ", columns.Select(static column => column.Name));
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (from, to) in request.Map)
        {
            if (columns.All(column => column.Name != to))
            {
                errors.Add("map", $"names '{to}', which is no column: the columns are {names}");
            }
            else if (!header.Any(field => field?.Trim() == from))
            {
                errors.Add("map", $"names '{from}', which the header does not have");
            }
        }

        for (var i = 0; i < header.Length; i++)
        {
            var field = header[i]?.Trim() ?? "";
            var name = request.Map.TryGetValue(field, out var mapped) ? mapped : NameOf(field, columns);
            if (name is null)
            {
                if (!request.IgnoreUnknown)
                {
                    errors.Add(field, $"is no column that is known: the columns are {names}; name it by map=, or pass it over by ignore_unknown=true");
                }
            }
            else if (!found.TryAdd(name, i))
            {
                errors.Add(name, "stands in the header twice");
            }
        }

        foreach (var column in columns)
        {
            if (column.IsRequired && !found.ContainsKey(column.Name))
            {
                errors.Add(column.Name, "is missing in the header");
            }
        }

        errors.ThrowIfAny();
        return (found, header.Length);
    }

    private static string? NameOf(string field, IReadOnlyList<CsvImportColumn> columns)
    {
        var name = Normalize(field);
        return columns.FirstOrDefault(column => column.Name == name || column.Aliases.Any(alias => Normalize(alias) == name))?.Name;
    }

    private static string Normalize(string field) => field.Trim().ToLowerInvariant().Replace(' ', '_').Replace('-', '_');
}
