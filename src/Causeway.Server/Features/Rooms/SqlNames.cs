using System.Globalization;
using Dapper;

namespace Causeway.Server;

/// <summary>A list of names in a condition, each a parameter of its own: one statement for each length, which is what a prepared statement needs.</summary>
internal sealed class SqlNames
{
    private SqlNames(string list, DynamicParameters parameters) => (List, Parameters) = (list, parameters);

    /// <summary>What stands between the parentheses of <c>IN (…)</c>.</summary>
    public string List { get; }

    /// <summary>The names, and what else the statement takes.</summary>
    public DynamicParameters Parameters { get; }

    /// <param name="names">At least one.</param>
    /// <param name="others">The other parameters.</param>
    public static SqlNames Of(IReadOnlyCollection<string> names, object? others = null)
    {
        var parameters = new DynamicParameters(others);
        var list = new List<string>(names.Count);
        foreach (var name in names)
        {
            var parameter = string.Create(CultureInfo.InvariantCulture, $"name_{list.Count}");
            parameters.Add(parameter, name);
            list.Add("@" + parameter);
        }

        return new SqlNames(string.Join(", ", list), parameters);
    }
}
