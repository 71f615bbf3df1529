namespace Causeway.Server;

/// <summary>A page of a list, for the API's description: by cursor it has <c>next_cursor</c>, by number <c>total</c>, <c>page</c> and <c>page_size</c>.</summary>
internal sealed record ListPage<T>
{
    /// <summary>In the list's order.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Whether there is a next page.</summary>
    public required bool HasNext { get; init; }

    /// <summary>By cursor: what to pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? NextCursor { get; init; }

    /// <summary>By number: items on all pages.</summary>
    public long Total { get; init; }

    /// <summary>By number: which page, from 1.</summary>
    public int Page { get; init; }

    /// <summary>By number: the most items on a page.</summary>
    public int PageSize { get; init; }
}
