using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Causeway.Http;

/// <summary>The columns of a CSV file: <c>new CsvTable&lt;User&gt; { { "id", (csv, user) => csv.Write(user.Id) }, … }</c>.</summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "It is enumerable for its initializer's sake.")]
public sealed class CsvTable<T> : IEnumerable<string>
{
    private readonly List<(string Name, Action<CsvWriter, T> Write)> _columns = [];

    /// <summary>Adds a column.</summary>
    /// <param name="name">What the header says.</param>
    /// <param name="write">Writes exactly one field.</param>
    public void Add(string name, Action<CsvWriter, T> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(write);
        _columns.Add((name, write));
    }

    /// <summary>The columns' names.</summary>
    public IEnumerator<string> GetEnumerator() => _columns.Select(static column => column.Name).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void WriteHeader(CsvWriter csv)
    {
        foreach (var (name, _) in _columns)
        {
            csv.Write(name);
        }

        csv.EndRow();
    }

    internal void WriteRow(CsvWriter csv, T row)
    {
        foreach (var (_, write) in _columns)
        {
            write(csv, row);
        }

        csv.EndRow();
    }
}
