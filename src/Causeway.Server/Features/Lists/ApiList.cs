using System.Data.Common;
using Causeway.Data;
using Causeway.Http;
using FilterOperator = Causeway.Data.FilterOperator;

namespace Causeway.Server;

/// <summary>
/// A list of the API, declared once: what requests may name (<see cref="Schema"/>) and the query that it becomes. Here alone do the two libraries meet:
/// <c>Causeway.Http</c> reads what is asked, <c>Causeway.Data</c> fetches it.
/// </summary>
/// <typeparam name="TRow">A row of the database.</typeparam>
internal sealed class ApiList<TRow>
{
    private readonly ListQuery<TRow> _query;
    private readonly MixedList<TRow>? _mixed;

    /// <summary>Declares a list.</summary>
    /// <param name="name">Names it in its cursors; of no other list of the program.</param>
    /// <param name="columns">What is selected, as SQL.</param>
    /// <param name="from">The table, or several with their joins.</param>
    /// <param name="defaultSort">As in <c>?sort=</c>: <c>-created_at</c>.</param>
    /// <param name="fields">What requests may name. A field is the column of its name, unless <paramref name="columnOf"/> says another.</param>
    /// <param name="columnOf">Fields whose column has another name, as SQL.</param>
    /// <param name="id">A column that no two rows share.</param>
    /// <param name="otherParameters">Query parameters that the handler reads by itself.</param>
    /// <param name="read">Makes an item of a row by the places of <paramref name="columns"/>; null has it done by their names, which costs more.</param>
    /// <param name="mixed">Makes the list one that has rows in memory as well.</param>
    public ApiList(
        string name,
        string columns,
        string from,
        string defaultSort,
        IReadOnlyList<ListField> fields,
        IReadOnlyDictionary<string, string>? columnOf = null,
        string id = "id",
        IReadOnlyList<string>? otherParameters = null,
        Func<DbDataReader, TRow>? read = null,
        Func<ListQuery<TRow>, MixedList<TRow>>? mixed = null)
    {
        Schema = new ListSchema(name, defaultSort, fields) { OtherParameters = otherParameters ?? [] };
        _query = new ListQuery<TRow>(columns, from, id, read);
        foreach (var field in fields)
        {
            var column = columnOf?.GetValueOrDefault(field.Name) ?? field.Name;
            var value = field.Type switch
            {
                ListFieldType.Number or ListFieldType.Time => ListValue.Number,
                ListFieldType.Boolean => ListValue.Boolean,
                _ => ListValue.Text,
            };
            if (field.Sortable)
            {
                _query.SortableBy(field.Name, value, column, field.Nullable);
            }

            _query.FilterableBy(field.Name, value, [.. Enum.GetValues<FilterOperator>()], column);
        }

        _query.SortedBy([.. Schema.DefaultSort.Select(static key => new SortBy(key.Field, key.Descending))]);
        _mixed = mixed?.Invoke(_query);
    }

    /// <summary>What requests may name, for <c>WithList</c> and <c>WithExport</c>.</summary>
    public ListSchema Schema { get; }

    /// <inheritdoc cref="PageAsync{T}(Database, RequestedList, Shaping{TRow, T}, ListScope, CancellationToken)"/>
    public Task<IResult> PageAsync<T>(Database database, RequestedList asked, Func<TRow, T> shape, ListScope scope, CancellationToken cancellationToken) =>
        PageAsync(database, asked, Each(shape), scope, cancellationToken);

    /// <summary>The page that a request asks for: a <see cref="CursorPage{T}"/>, or an <see cref="OffsetPage{T}"/> where it asks by number.</summary>
    /// <param name="database">Where the rows are.</param>
    /// <param name="asked">What is asked.</param>
    /// <param name="shape">Makes of rows what the API shows of them.</param>
    /// <param name="scope">What the caller may see at all.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="ApiErrorException">The cursor is none of this list: 422.</exception>
    public async Task<IResult> PageAsync<T>(Database database, RequestedList asked, Shaping<TRow, T> shape, ListScope scope, CancellationToken cancellationToken)
    {
        var page = await FetchAsync(database, asked, scope, others: null, cancellationToken);
        return page.Answer(await shape(page.Rows, cancellationToken));
    }

    /// <summary>The rows of the page that a request asks for.</summary>
    /// <param name="database">Where the rows are.</param>
    /// <param name="asked">What is asked.</param>
    /// <param name="scope">What the caller may see at all.</param>
    /// <param name="others">The rows in memory that are in the scope; null for a list that has none.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="ApiErrorException">The cursor is none of this list: 422.</exception>
    public async Task<FetchedPage<TRow>> FetchAsync(
        Database database, RequestedList asked, ListScope scope, IReadOnlyCollection<TRow>? others, CancellationToken cancellationToken)
    {
        var request = Translate(asked, scope);
        if (asked.Page is { } number)
        {
            var page = others is null
                ? await _query.NumberedPageAsync(database, request, number, asked.Size, cancellationToken)
                : await _mixed!.NumberedPageAsync(database, others, request, number, asked.Size, cancellationToken);
            return new FetchedPage<TRow>(asked, page.Items, null, page.Total);
        }

        try
        {
            var page = others is null
                ? await _query.PageAsync(database, request, asked.ReadCursor(), asked.Size, cancellationToken)
                : await _mixed!.PageAsync(database, others, request, asked.ReadCursor(), asked.Size, cancellationToken);
            return new FetchedPage<TRow>(asked, page.Items, page.Next, null);
        }
        catch (FormatException)
        {
            // Signed by us, and of an earlier version of the list.
            throw RequestedList.BadCursor();
        }
    }

    /// <summary>All rows that a request asks for, as they come.</summary>
    /// <param name="database">Where the rows are.</param>
    /// <param name="asked">What is asked.</param>
    /// <param name="scope">What the caller may see at all.</param>
    /// <param name="others">The rows in memory that are in the scope; null for a list that has none.</param>
    public IAsyncEnumerable<TRow> StreamAsync(Database database, RequestedList asked, ListScope scope, IReadOnlyCollection<TRow>? others = null) => others is null
        ? _query.StreamAsync(database, Translate(asked, scope))
        : _mixed!.StreamAsync(database, others, Translate(asked, scope));

    /// <summary>What is made of each row by itself.</summary>
    public static Shaping<TRow, T> Each<T>(Func<TRow, T> shape) => (rows, _) => ValueTask.FromResult<IReadOnlyList<T>>([.. rows.Select(shape)]);

    private static ListRequest Translate(RequestedList asked, ListScope scope) => new()
    {
        Sort = [.. asked.Sort.Select(static key => new SortBy(key.Field, key.Descending))],
        Filters = [.. asked.Filters.SelectMany(Translate)],
        Where = scope.Where,
        Parameters = scope.Parameters,
    };

    private static IEnumerable<FilterBy> Translate(ListFilter filter)
    {
        var values = filter.Values.Select(value => ValueOf(value, roundsUp: filter.Operator is FilterOperators.GreaterOrEqual or FilterOperators.Less)).ToList();
        return filter.Operator switch
        {
            FilterOperators.Equal when values.Count > 1 => [new FilterBy(filter.Field, FilterOperator.In, values)],
            FilterOperators.NotEqual => values.Select(value => new FilterBy(filter.Field, FilterOperator.NotEqual, value)),
            var one => [new FilterBy(filter.Field, OperatorOf(one), values[0])],
        };
    }

    private static FilterOperator OperatorOf(FilterOperators one) => one switch
    {
        FilterOperators.Equal => FilterOperator.Equal,
        FilterOperators.Contains => FilterOperator.Contains,
        FilterOperators.Prefix => FilterOperator.StartsWith,
        FilterOperators.Less => FilterOperator.Less,
        FilterOperators.LessOrEqual => FilterOperator.LessOrEqual,
        FilterOperators.Greater => FilterOperator.Greater,
        FilterOperators.GreaterOrEqual => FilterOperator.GreaterOrEqual,
        _ => FilterOperator.IsNull,
    };

    /// <summary>Times are kept in whole milliseconds; a finer one is compared as if it were not rounded.</summary>
    private static object ValueOf(object value, bool roundsUp) => value is DateTimeOffset time
        ? time.ToUnixTimeMilliseconds() + (roundsUp && time.UtcTicks % TimeSpan.TicksPerMillisecond != 0 ? 1 : 0)
        : value;
}

/// <summary>What a caller may see of a list at all: a condition of the program's own, never made of a client's words.</summary>
/// <param name="Where">SQL with named parameters; null for all.</param>
/// <param name="Parameters">An object whose properties are the parameters.</param>
internal readonly record struct ListScope(string? Where, object? Parameters = null)
{
    /// <summary>All of it.</summary>
    public static ListScope All { get; }
}
