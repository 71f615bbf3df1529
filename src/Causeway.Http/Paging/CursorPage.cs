using System.Text.Json.Serialization;

namespace Causeway.Http;

/// <summary>One page of a list.</summary>
/// <param name="Items">In the list's order; at most the asked limit.</param>
/// <param name="NextCursor">What to pass as <c>cursor</c> for the next page; null on the last.</param>
/// <param name="HasNext">Whether there is a next page.</param>
public sealed record CursorPage<T>(
    [property: JsonPropertyName("items")] IReadOnlyList<T> Items,
    [property: JsonPropertyName("next_cursor")] string? NextCursor,
    [property: JsonPropertyName("has_next")] bool HasNext);

/// <summary>Cuts lists in memory into pages.</summary>
public static class CursorPage
{
    /// <summary>The page of a list that a request asks for. Items that come or go elsewhere in the list neither repeat nor hide others.</summary>
    /// <param name="orderedByKey">The whole list, ascending by ordinal comparison of its keys.</param>
    /// <param name="key">A key that no two items share and that may be seen by the client.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="listName">Names the list with whatever filters it (<c>rooms/general/members</c>): a cursor works for this list alone.</param>
    /// <exception cref="ApiErrorException">The cursor is not one of this list: 422, naming <c>cursor</c>.</exception>
    /// <exception cref="ArgumentException">The list is not in order.</exception>
    public static CursorPage<T> From<T>(IEnumerable<T> orderedByKey, Func<T, string> key, PageRequest request, string listName)
    {
        ArgumentNullException.ThrowIfNull(orderedByKey);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrEmpty(listName);
        var after = request.ReadCursor(listName);
        var items = new List<T>();
        string? last = null;
        foreach (var item in orderedByKey)
        {
            var itemKey = key(item);
            if (last is not null && string.CompareOrdinal(last, itemKey) >= 0)
            {
                throw new ArgumentException($"The list '{listName}' is not in ascending order of unique keys.", nameof(orderedByKey));
            }

            if (after is not null && string.CompareOrdinal(itemKey, after) <= 0)
            {
                continue;
            }

            // One more than asked tells whether there is a next page.
            if (items.Count == request.Limit)
            {
                return new CursorPage<T>(items, request.WriteCursor(listName, last!), HasNext: true);
            }

            items.Add(item);
            last = itemKey;
        }

        return new CursorPage<T>(items, null, HasNext: false);
    }
}
