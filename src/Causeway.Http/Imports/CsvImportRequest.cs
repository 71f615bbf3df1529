using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>
/// How a file is to be imported: <c>?dry_run=true</c> (check, and change nothing), <c>delimiter=detect|comma|semicolon|tab</c>, <c>map=HEADER:column</c> (as often as needed),
/// <c>ignore_unknown=true</c> (columns that are not known are passed over), <c>formulas=guard|keep</c>. An endpoint takes it as a parameter.
/// </summary>
public sealed class CsvImportRequest
{
    private static readonly string[] Names = ["dry_run", "delimiter", "map", "ignore_unknown", "formulas"];
    private static readonly char?[] Delimiters = [null, ',', ';', '\t'];

    /// <summary>Whether everything is checked and nothing changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>What separates fields; null to find it out from the file's first lines.</summary>
    /// <value>Default null.</value>
    public char? Delimiter { get; init; }

    /// <summary>Whether columns that are not known are passed over, and not refused.</summary>
    public bool IgnoreUnknown { get; init; }

    /// <summary>Whether an apostrophe that keeps a spreadsheet from taking a text for a formula is taken away again, as exports write it.</summary>
    /// <value>Default true.</value>
    public bool UndoesFormulaGuard { get; init; } = true;

    /// <summary>Columns by the header's own words.</summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Reads the parameters from a request's query.</summary>
    /// <exception cref="ApiErrorException">One of them is unknown or has no such value: 422, naming it.</exception>
    public static ValueTask<CsvImportRequest?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult<CsvImportRequest?>(Read(context.Request.Query));
    }

    /// <summary>Reads the parameters from a query.</summary>
    /// <inheritdoc cref="BindAsync"/>
    public static CsvImportRequest Read(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var errors = new ListErrors();
        foreach (var name in query.Keys.Except(Names))
        {
            errors.Add(name, $"is not known here: the parameters are {string.Join(", ", Names)}");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query["map"])
        {
            // The last colon, since a header may have some of its own and a column's name has none.
            var colon = pair?.LastIndexOf(':') ?? -1;
            if (colon < 1 || !map.TryAdd(pair![..colon].Trim(), pair[(colon + 1)..].Trim()))
            {
                errors.Add("map", "must have the form HEADER:column, each header once");
            }
        }

        var request = new CsvImportRequest
        {
            DryRun = Choose(query, "dry_run", errors, "false", "true") == 1,
            Delimiter = Delimiters[Choose(query, "delimiter", errors, "detect", "comma", "semicolon", "tab")],
            IgnoreUnknown = Choose(query, "ignore_unknown", errors, "false", "true") == 1,
            UndoesFormulaGuard = Choose(query, "formulas", errors, "guard", "keep") == 0,
            Map = map,
        };
        errors.ThrowIfAny();
        return request;
    }

    private static int Choose(IQueryCollection query, string name, ListErrors errors, params string[] choices)
    {
        var given = query[name];
        var choice = given.Count == 0 ? 0 : given is [{ } text] ? Array.IndexOf(choices, text) : -1;
        if (choice < 0)
        {
            errors.Add(name, $"must be one of {string.Join(", ", choices)}");
        }

        return Math.Max(choice, 0);
    }
}
