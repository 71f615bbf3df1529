namespace Causeway.Data;

/// <summary>Of which kind the values of a column are.</summary>
public enum ListValue
{
    /// <summary>Text; compared as the column's collation says, which is byte by byte for <c>ordinal_text</c> and on SQLite.</summary>
    Text = 1,

    /// <summary>Whole numbers and times, as <see cref="long"/>.</summary>
    Number,

    /// <summary>Numbers with a fraction, as <see cref="double"/>.</summary>
    Real,

    /// <summary>True or false; false comes first.</summary>
    Boolean,
}

/// <summary>How a column is compared with a value.</summary>
public enum FilterOperator
{
    /// <summary>The same.</summary>
    Equal = 1,

    /// <summary>Another, or none.</summary>
    NotEqual,

    /// <summary>Less.</summary>
    Less,

    /// <summary>Less, or the same.</summary>
    LessOrEqual,

    /// <summary>Greater.</summary>
    Greater,

    /// <summary>Greater, or the same.</summary>
    GreaterOrEqual,

    /// <summary>One of a list of values; none matches an empty list.</summary>
    In,

    /// <summary>Text that begins so, whatever the case of its letters (beyond ASCII: on PostgreSQL only).</summary>
    StartsWith,

    /// <summary>Text that has this in it, whatever the case of its letters (beyond ASCII: on PostgreSQL only).</summary>
    Contains,

    /// <summary>Whether there is no value: <see langword="true"/> or <see langword="false"/>.</summary>
    IsNull,
}

/// <summary>One column to sort by.</summary>
/// <param name="Name">As the list calls it.</param>
/// <param name="Descending">Greatest first. Rows without a value come last either way.</param>
public readonly record struct SortBy(string Name, bool Descending = false);

/// <summary>One condition.</summary>
/// <param name="Name">As the list calls the column.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Value">With what: a string, a whole number, a <see cref="double"/>, a <see cref="bool"/> or, for <see cref="FilterOperator.In"/>, a sequence of such.</param>
public readonly record struct FilterBy(string Name, FilterOperator Operator, object? Value);

/// <summary>What is asked of a list. Whoever makes one of a client's words has checked the names with <see cref="ListQuery{T}.CanSortBy"/> and <see cref="ListQuery{T}.CanFilterBy"/>.</summary>
public sealed class ListRequest
{
    /// <summary>In which order; the list's own where there is none.</summary>
    public IReadOnlyList<SortBy> Sort { get; init; } = [];

    /// <summary>Conditions that all hold.</summary>
    public IReadOnlyList<FilterBy> Filters { get; init; } = [];

    /// <summary>A condition of the program's own in SQL, with named parameters that don't begin with <c>list_</c>; never made of a client's words.</summary>
    public string? Where { get; init; }

    /// <summary>An object whose properties are the parameters of <see cref="Where"/>.</summary>
    public object? Parameters { get; init; }
}

/// <summary>One page of a list by position.</summary>
/// <param name="Items">In the list's order.</param>
/// <param name="Next">The position behind the last item, for the next page; null on the last.</param>
public sealed record KeysetPage<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>Whether there is a next page.</summary>
    public bool HasNext => Next is not null;
}

/// <summary>One page of a list by number.</summary>
/// <param name="Items">In the list's order.</param>
/// <param name="Total">Rows of all pages, counted in the same moment.</param>
public sealed record NumberedPage<T>(IReadOnlyList<T> Items, long Total);
