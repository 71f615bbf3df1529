using Causeway.Http;

namespace Causeway.Server;

/// <summary>The rows of a page before they are shown.</summary>
/// <param name="Asked">What was asked for.</param>
/// <param name="Rows">In the list's order.</param>
/// <param name="Next">By cursor: the position behind the last row; null on the last page.</param>
/// <param name="Total">By number: rows on all pages.</param>
internal sealed record FetchedPage<TRow>(RequestedList Asked, IReadOnlyList<TRow> Rows, string? Next, long? Total)
{
    /// <summary>The answer: a <see cref="CursorPage{T}"/>, or an <see cref="OffsetPage{T}"/> where it was asked for by number.</summary>
    /// <param name="items">What the API shows of each row.</param>
    public IResult Answer<T>(IReadOnlyList<T> items) => Total is { } total
        ? TypedResults.Ok(new OffsetPage<T>(items, total, Asked.Page!.Value, Asked.Size, Asked.Offset + items.Count < total))
        : TypedResults.Ok(new CursorPage<T>(items, Next is null ? null : Asked.WriteCursor(Next), Next is not null));
}
