using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>How an export is wanted: <c>?bom=true</c> and <c>?formulas=guard|keep</c>, both for CSV. An endpoint takes it as a parameter.</summary>
public sealed class ExportRequest
{
    private const string Bom = "bom";
    private const string Formulas = "formulas";

    private ExportRequest(CsvOptions csv) => Csv = csv;

    /// <summary>How a CSV file is written.</summary>
    public CsvOptions Csv { get; }

    /// <summary>The parameters that it reads.</summary>
    internal static IReadOnlyList<string> Parameters { get; } = [Bom, Formulas];

    /// <summary>Reads the parameters from a request's query.</summary>
    /// <exception cref="ApiErrorException">One of them has no such value: 422, naming it.</exception>
    public static ValueTask<ExportRequest?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult<ExportRequest?>(Read(context.Request.Query));
    }

    /// <summary>Reads the parameters from a query.</summary>
    /// <inheritdoc cref="BindAsync"/>
    public static ExportRequest Read(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var errors = new ListErrors();
        var bom = Read(query, Bom, "false", "true", errors);
        var keep = Read(query, Formulas, "guard", "keep", errors);
        errors.ThrowIfAny();
        return new ExportRequest(new CsvOptions { ByteOrderMark = bom, GuardsFormulas = !keep });
    }

    /// <summary>Whether a parameter has the value that is not its usual one.</summary>
    private static bool Read(IQueryCollection query, string name, string usual, string other, ListErrors errors)
    {
        var given = query[name];
        if (given.Count == 0 || given is [{ } text] && text == usual)
        {
            return false;
        }

        if (given is not [{ } value] || value != other)
        {
            errors.Add(name, $"must be {usual} or {other}");
        }

        return true;
    }
}
