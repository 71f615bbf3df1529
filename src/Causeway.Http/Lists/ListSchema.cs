namespace Causeway.Http;

/// <summary>What one list may be sorted and filtered by: the allow-list that a request's <c>?sort=</c> and filters are read by. Made once per list.</summary>
public sealed class ListSchema
{
    /// <summary>The most items that an offset may skip; whoever needs to go deeper goes by cursor, which costs the same anywhere.</summary>
    public const int MaxOffset = 10_000;

    /// <summary>The most keys that a request may sort by.</summary>
    public const int MaxSortKeys = 3;

    /// <summary>The most filter values in a request.</summary>
    public const int MaxFilterValues = 50;

    /// <summary>The longest text that is filtered by, in characters.</summary>
    public const int MaxTextLength = 200;

    private readonly Dictionary<string, ListField> _fields;

    /// <summary>Describes a list.</summary>
    /// <param name="name">Names the list in its cursors; of no other list of the program.</param>
    /// <param name="defaultSort">The order without <c>?sort=</c>, written as there: <c>-created_at</c>.</param>
    /// <param name="fields">All that a request may name.</param>
    /// <exception cref="ArgumentException">A field stands twice, has the name of a parameter of every list, or the default order is none of these fields'.</exception>
    public ListSchema(string name, string defaultSort, params IReadOnlyList<ListField> fields)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(defaultSort);
        ArgumentNullException.ThrowIfNull(fields);
        Name = name;
        Fields = fields;
        _fields = new Dictionary<string, ListField>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (ListReader.IsReserved(field.Name) || !_fields.TryAdd(field.Name, field))
            {
                throw new ArgumentException($"The field '{field.Name}' stands twice, or is a parameter of every list.", nameof(fields));
            }
        }

        var errors = new ListErrors();
        DefaultSort = ListReader.ReadSort(this, defaultSort, errors);
        if (errors.Any || DefaultSort.Count == 0)
        {
            throw new ArgumentException($"'{defaultSort}' is no order of this list.", nameof(defaultSort));
        }
    }

    /// <summary>Names the list in its cursors.</summary>
    public string Name { get; }

    /// <summary>All that a request may name, in the order in which an error names them.</summary>
    public IReadOnlyList<ListField> Fields { get; }

    /// <summary>The order where a request says none.</summary>
    public IReadOnlyList<SortKey> DefaultSort { get; }

    /// <summary>Query parameters that the endpoint reads by itself, so that they are not refused as unknown; a cursor is bound to their values too.</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<string> OtherParameters { get; init; } = [];

    /// <summary>The field of a name; null where the list has none.</summary>
    public ListField? Find(string name) => _fields.GetValueOrDefault(name);
}
