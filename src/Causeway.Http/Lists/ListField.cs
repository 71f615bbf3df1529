namespace Causeway.Http;

/// <summary>A field of a list that requests may name.</summary>
/// <remarks>Made by <see cref="Text"/>, <see cref="Number"/>, <see cref="Boolean"/>, <see cref="Time"/> or <see cref="Choice"/>, and narrowed by <c>with</c>.</remarks>
public sealed record ListField
{
    private ListField(string name, ListFieldType type, FilterOperators filters) => (Name, Type, Filters) = (name, type, filters);

    /// <summary>Its name on the wire, in snake_case.</summary>
    public string Name { get; }

    /// <summary>What its values are.</summary>
    public ListFieldType Type { get; }

    /// <summary>How it may be filtered.</summary>
    /// <value>Default: all that make sense for the type.</value>
    public FilterOperators Filters { get; init; }

    /// <summary>Whether the list may be sorted by it. It should have an index then.</summary>
    /// <value>Default true.</value>
    public bool Sortable { get; init; } = true;

    /// <summary>Whether items may be without a value, so that <c>.null</c> may be asked for. Those come last in either order.</summary>
    /// <value>Default false.</value>
    public bool Nullable { get; init; }

    /// <summary>Whether its values are kept in lower case, so that a filter's value is made so before it is compared.</summary>
    /// <value>Default false.</value>
    public bool IgnoresCase { get; init; }

    /// <summary>Whether it is a <see cref="Search"/>.</summary>
    public bool IsSearch { get; private init; }

    /// <summary>The only values of a <see cref="Choice"/>; null where any value of the type may be.</summary>
    public IReadOnlyList<string>? Choices { get; private init; }

    /// <summary>Every query parameter by which it may be filtered: <c>size</c>, <c>size.gte</c> and so on.</summary>
    public IEnumerable<(string Name, FilterOperators Operator)> Parameters => ListReader.ParametersOf(this);

    /// <summary>A field of texts.</summary>
    public static ListField Text(string name) =>
        new(name, ListFieldType.Text, FilterOperators.Equal | FilterOperators.NotEqual | FilterOperators.Contains | FilterOperators.Prefix);

    /// <summary>What people look for: <c>?q=text</c> is in one of the texts that the list searches. Items are not sorted by it.</summary>
    /// <param name="name">The parameter's name.</param>
    public static ListField Search(string name) => new(name, ListFieldType.Text, FilterOperators.Contains) { IsSearch = true, Sortable = false };

    /// <summary>A field of whole numbers.</summary>
    public static ListField Number(string name) =>
        new(name, ListFieldType.Number, FilterOperators.Equal | FilterOperators.NotEqual | FilterOperators.Order);

    /// <summary>A field that is true or false.</summary>
    public static ListField Boolean(string name) => new(name, ListFieldType.Boolean, FilterOperators.Equal);

    /// <summary>A field of moments.</summary>
    public static ListField Time(string name) => new(name, ListFieldType.Time, FilterOperators.Order);

    /// <summary>A field of few texts that are known.</summary>
    /// <param name="name">Its name on the wire.</param>
    /// <param name="choices">All the texts there are.</param>
    public static ListField Choice(string name, params IReadOnlyList<string> choices) =>
        new(name, ListFieldType.Text, FilterOperators.Equal | FilterOperators.NotEqual) { Choices = choices };
}
