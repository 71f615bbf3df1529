using System.Runtime.CompilerServices;

namespace Causeway.Data;

/// <summary>
/// A list of which some rows are in the database and others in this process's memory alone: one order, the same filters, the same positions. Made once, when
/// the program starts, and used by any number of threads.
/// </summary>
/// <remarks>
/// <para>What is in memory is filtered and sorted for each page, so let it be thousands and not millions. Text columns that it has values in must be compared
/// byte by byte in the database (<c>ordinal_text</c>), or the two orders are not one.</para>
/// <para>A row must not be in both; <see cref="ListRequest.Where"/> holds for the database alone, so leave out of the others what it leaves out.</para>
/// </remarks>
/// <typeparam name="T">What a row becomes.</typeparam>
public sealed class MixedList<T>
{
    private readonly ListQuery<T> _stored;
    private readonly Func<T, string, object?> _valueOf;

    /// <summary>Creates a list.</summary>
    /// <param name="stored">Finds those in the database.</param>
    /// <param name="id">A row's value in the list's unique column.</param>
    /// <param name="valueOf">A row's value by the name that the list sorts or filters by; null for none. The same as the column has it.</param>
    public MixedList(ListQuery<T> stored, Func<T, string> id, Func<T, string, object?> valueOf)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(id);
        ArgumentNullException.ThrowIfNull(valueOf);
        _stored = stored;
        _valueOf = (row, name) => name.Length == 0 ? id(row) : valueOf(row, name);
    }

    /// <summary>One page by position, as <see cref="ListQuery{T}.PageAsync"/>.</summary>
    /// <param name="database">Where the stored rows are.</param>
    /// <param name="others">The rows in memory, in any order.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="after">A <see cref="KeysetPage{T}.Next"/> of this list in the same order; null for the first page.</param>
    /// <param name="limit">Rows at most, from 1.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="ArgumentException">The request names what this list doesn't have.</exception>
    /// <exception cref="FormatException"><paramref name="after"/> is no position of this list in this order.</exception>
    public async Task<KeysetPage<T>> PageAsync(
        Database database, IEnumerable<T> others, ListRequest request, string? after, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (others.TryGetNonEnumeratedCount(out var count) && count == 0)
        {
            return await _stored.PageAsync(database, request, after, limit, cancellationToken).ConfigureAwait(false);
        }

        var stored = await _stored.PageAsync(database, request, after, limit, cancellationToken).ConfigureAwait(false);
        var keys = _stored.KeysOf(request.Sort);
        var position = after is null ? null : ListPosition.Read(after, keys);
        var order = new ListOrder(keys);
        var behind = others.Where(row => Passes(row, request)).Select(row => (Row: row, Values: ValuesOf(row, keys)))
            .Where(other => position is null || order.Compare(other.Values, position) > 0)
            .OrderBy(static other => other.Values, order);
        var page = Merge(stored.Items, behind, keys, order).Take(limit + 1).ToList();
        if (page.Count <= limit && !stored.HasNext)
        {
            return new KeysetPage<T>(page, null);
        }

        page.RemoveRange(limit, page.Count - limit);
        return new KeysetPage<T>(page, ListPosition.Write(keys, ValuesOf(page[^1], keys)));
    }

    /// <summary>One page by number, as <see cref="ListQuery{T}.NumberedPageAsync"/>.</summary>
    /// <param name="database">Where the stored rows are.</param>
    /// <param name="others">The rows in memory, in any order.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">Rows on a page, from 1.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="ArgumentException">The request names what this list doesn't have.</exception>
    public async Task<NumberedPage<T>> NumberedPageAsync(
        Database database, IEnumerable<T> others, ListRequest request, int page, int pageSize, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(others);
        ArgumentOutOfRangeException.ThrowIfLessThan(page, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        var keys = _stored.KeysOf(request.Sort);
        var sorted = Sorted(others, request, keys);
        var first = ((long)page - 1) * pageSize;

        // So many of the others at most stand before the page, and so few of the stored ones at least.
        var skipped = Math.Max(0, first - sorted.Count);
        var stored = await _stored.SliceAsync(database, request, skipped, checked((int)(first - skipped)) + pageSize, cancellationToken).ConfigureAwait(false);
        var items = Merge(stored.Items, sorted, keys, new ListOrder(keys)).Skip((int)(first - skipped)).Take(pageSize).ToList();
        return new NumberedPage<T>(items, stored.Total + sorted.Count);
    }

    /// <summary>All rows as they come, as <see cref="ListQuery{T}.StreamAsync"/>.</summary>
    /// <param name="database">Where the stored rows are.</param>
    /// <param name="others">The rows in memory, in any order.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The request names what this list doesn't have.</exception>
    public IAsyncEnumerable<T> StreamAsync(Database database, IEnumerable<T> others, ListRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(others);
        var stored = _stored.StreamAsync(database, request, cancellationToken);
        var keys = _stored.KeysOf(request.Sort);
        return MergeAsync(stored, Sorted(others, request, keys), keys, cancellationToken);
    }

    private async IAsyncEnumerable<T> MergeAsync(
        IAsyncEnumerable<T> stored, List<(T Row, object?[] Values)> sorted, List<Key> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var order = new ListOrder(keys);
        var next = 0;
        await foreach (var row in stored.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (next < sorted.Count)
            {
                var values = ValuesOf(row, keys);
                for (; next < sorted.Count && order.Compare(sorted[next].Values, values) < 0; next++)
                {
                    yield return sorted[next].Row;
                }
            }

            yield return row;
        }

        for (; next < sorted.Count; next++)
        {
            yield return sorted[next].Row;
        }
    }

    private IEnumerable<T> Merge(IReadOnlyList<T> stored, IEnumerable<(T Row, object?[] Values)> sorted, List<Key> keys, ListOrder order)
    {
        var next = 0;
        foreach (var (row, values) in sorted)
        {
            for (; next < stored.Count && order.Compare(ValuesOf(stored[next], keys), values) < 0; next++)
            {
                yield return stored[next];
            }

            yield return row;
        }

        for (; next < stored.Count; next++)
        {
            yield return stored[next];
        }
    }

    private List<(T Row, object?[] Values)> Sorted(IEnumerable<T> others, ListRequest request, List<Key> keys) =>
        [.. others.Where(row => Passes(row, request)).Select(row => (Row: row, Values: ValuesOf(row, keys))).OrderBy(static other => other.Values, new ListOrder(keys))];

    private object?[] ValuesOf(T row, List<Key> keys) =>
        [.. keys.Select(key => _valueOf(row, key.Name) is { } value ? ListPosition.Normal(value, key.Column.Value) : null)];

    private bool Passes(T row, ListRequest request) => request.Filters.All(filter => ListFilters.Passes(_valueOf(row, filter.Name), filter, _stored.ValueOf(filter)));
}
