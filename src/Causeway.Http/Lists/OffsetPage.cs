using System.Text.Json.Serialization;

namespace Causeway.Http;

/// <summary>One page of a list that is leafed through by number.</summary>
/// <param name="Items">In the list's order; at most <paramref name="PageSize"/>.</param>
/// <param name="Total">Items on all pages when this one was read.</param>
/// <param name="Page">Which page, from 1.</param>
/// <param name="PageSize">The most items on a page.</param>
/// <param name="HasNext">Whether there are items behind this page.</param>
public sealed record OffsetPage<T>(
    [property: JsonPropertyName("items")] IReadOnlyList<T> Items,
    [property: JsonPropertyName("total")] long Total,
    [property: JsonPropertyName("page")] int Page,
    [property: JsonPropertyName("page_size")] int PageSize,
    [property: JsonPropertyName("has_next")] bool HasNext);
