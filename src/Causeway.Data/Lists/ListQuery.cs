using System.Collections;
using System.Data.Common;
using System.Globalization;
using System.Text;
using Dapper;

namespace Causeway.Data;

/// <summary>
/// A list that clients may sort, filter and page through: what they may name, and nothing else, becomes SQL. Made once, when the program starts,
/// and used by any number of threads.
/// </summary>
/// <remarks>
/// <para>A page begins behind the last row of the one before, by the values that row had, with a unique column last: so a page costs the same
/// wherever it is, rows that come and go elsewhere neither repeat nor hide others, and ties are told apart. Have an index on the columns that are
/// sorted by and the unique one (<c>(created_at, id)</c>); it serves both directions.</para>
/// <para>Rows without a value come last, ascending and descending. A list that begins with such a column reads through the rows before the page,
/// so declare columns <c>NOT NULL</c> where they are.</para>
/// </remarks>
/// <typeparam name="T">What a row becomes.</typeparam>
public sealed class ListQuery<T>
{
    private readonly string _columns;
    private readonly string _from;
    private readonly ListColumn _id;
    private readonly Func<DbDataReader, T>? _read;
    private readonly Dictionary<string, ListColumn> _sorts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ListColumn Column, FilterOperator[] Operators)> _filters = new(StringComparer.Ordinal);
    private IReadOnlyList<SortBy> _defaultSort = [];

    /// <summary>Creates a list.</summary>
    /// <param name="columns">What is selected, as SQL: <c>id, name, created_at</c>.</param>
    /// <param name="from">The table, or several with their joins.</param>
    /// <param name="id">A text column that no two rows share, as SQL.</param>
    /// <param name="read">Makes an item of the row that the reader stands at, by the places of <paramref name="columns"/>; null has it done by their names, which costs more.</param>
    public ListQuery(string columns, string from, string id = "id", Func<DbDataReader, T>? read = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(columns);
        ArgumentException.ThrowIfNullOrEmpty(from);
        ArgumentException.ThrowIfNullOrEmpty(id);
        _columns = columns;
        _from = from;
        _id = new ListColumn(id, ListValue.Text, IsNullable: false);
        _read = read;
    }

    /// <summary>Lets clients sort by a column.</summary>
    /// <param name="name">As clients call it.</param>
    /// <param name="value">Of which kind its values are.</param>
    /// <param name="column">As SQL; the name where absent.</param>
    /// <param name="nullable">Whether rows may have none.</param>
    /// <returns>The same list.</returns>
    public ListQuery<T> SortableBy(string name, ListValue value, string? column = null, bool nullable = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _sorts.Add(name, new ListColumn(column ?? name, value, nullable));
        return this;
    }

    /// <summary>Lets clients filter by a column.</summary>
    /// <param name="name">As clients call it.</param>
    /// <param name="value">Of which kind its values are.</param>
    /// <param name="operators">How they may compare it.</param>
    /// <param name="column">As SQL; the name where absent.</param>
    /// <returns>The same list.</returns>
    public ListQuery<T> FilterableBy(string name, ListValue value, FilterOperator[] operators, string? column = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(operators);
        _filters.Add(name, (new ListColumn(column ?? name, value, IsNullable: true), operators));
        return this;
    }

    /// <summary>The order where a request names none; else it is the unique column's.</summary>
    /// <returns>The same list.</returns>
    public ListQuery<T> SortedBy(params SortBy[] sort)
    {
        ArgumentNullException.ThrowIfNull(sort);
        _defaultSort = sort;
        _ = KeysOf(sort);
        return this;
    }

    /// <summary>Whether clients may sort by this name.</summary>
    public bool CanSortBy(string name) => _sorts.ContainsKey(name);

    /// <summary>Whether clients may filter by this name in this way.</summary>
    public bool CanFilterBy(string name, FilterOperator by) => _filters.TryGetValue(name, out var filter) && filter.Operators.Contains(by);

    /// <summary>One page by position.</summary>
    /// <param name="database">Where the rows are.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="after">A <see cref="KeysetPage{T}.Next"/> of this list in the same order; null for the first page. It shows the row's values and is not protected: sign what clients get.</param>
    /// <param name="limit">Rows at most, from 1.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="ArgumentException">The request names what this list doesn't have.</exception>
    /// <exception cref="FormatException"><paramref name="after"/> is no position of this list in this order.</exception>
    public Task<KeysetPage<T>> PageAsync(Database database, ListRequest request, string? after, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var keys = KeysOf(request.Sort);
        var parameters = new DynamicParameters(request.Parameters);
        var sql = new StringBuilder("SELECT ").Append(_columns);
        for (var index = 0; index < keys.Count; index++)
        {
            sql.Append(", ").Append(keys[index].Column.Sql).Append(" AS list_key_").Append(index);
        }

        sql.Append(" FROM ").Append(_from);
        var conditions = Conditions(request, parameters);
        if (after is not null)
        {
            conditions.Add(Behind(keys, ListPosition.Read(after, keys), parameters));
        }

        AppendWhere(sql, conditions);
        AppendOrder(sql, keys);
        parameters.Add("list_limit", (long)limit + 1);
        sql.Append(" LIMIT @list_limit");
        return database.ReadAsync(
            (connection, token) => ReadPageAsync(connection, new CommandDefinition(sql.ToString(), parameters, cancellationToken: token), keys, limit, token), cancellationToken);
    }

    /// <summary>One page by number, with the number of rows on all pages. What a page costs grows with its number: for long lists there are positions.</summary>
    /// <param name="database">Where the rows are.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">Rows on a page, from 1.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    /// <exception cref="ArgumentException">The request names what this list doesn't have.</exception>
    public Task<NumberedPage<T>> NumberedPageAsync(Database database, ListRequest request, int page, int pageSize, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(page, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        return SliceAsync(database, request, ((long)page - 1) * pageSize, pageSize, cancellationToken);
    }

    /// <summary>All rows as they come, as <see cref="Database.StreamAsync{T}"/> has it: for exports, in the same order and under the same conditions.</summary>
    /// <param name="database">Where the rows are.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The request names what this list doesn't have.</exception>
    public IAsyncEnumerable<T> StreamAsync(Database database, ListRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(request);
        var parameters = new DynamicParameters(request.Parameters);
        var sql = Select(request, Conditions(request, parameters)).ToString();
        return database.StreamRowsAsync(sql, parameters, _read, cancellationToken);
    }

    /// <summary>So many rows from a place in the list, with the number of all.</summary>
    internal Task<NumberedPage<T>> SliceAsync(Database database, ListRequest request, long offset, int limit, CancellationToken cancellationToken)
    {
        var parameters = new DynamicParameters(request.Parameters);
        var conditions = Conditions(request, parameters);
        var count = new StringBuilder("SELECT count(*) FROM ").Append(_from);
        AppendWhere(count, conditions);
        var sql = Select(request, conditions);
        parameters.Add("list_limit", (long)limit);
        parameters.Add("list_offset", offset);
        sql.Append(" LIMIT @list_limit OFFSET @list_offset");
        return database.ReadAsync(
            async (connection, token) =>
            {
                // One statement would count for each row; one transaction makes two of them see the same moment.
                DbTransaction transaction = connection is SqliteSession session
                    ? session.BeginTransaction(deferred: true)
                    : await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var total = await connection.ExecuteScalarAsync<long>(
                        new CommandDefinition(count.ToString(), parameters, transaction, cancellationToken: token)).ConfigureAwait(false);
                    var items = await ReadAllAsync(connection, Rows.Command(sql.ToString(), parameters, transaction, token), token).ConfigureAwait(false);
                    await transaction.CommitAsync(token).ConfigureAwait(false);
                    return new NumberedPage<T>(items, total);
                }
            },
            cancellationToken);
    }

    /// <summary>Of which kind the values are that a filter compares.</summary>
    internal ListValue ValueOf(FilterBy filter) => _filters[filter.Name].Column.Value;

    /// <summary>The columns of the order, the unique one last; it goes in the direction of the first, so that one index serves both.</summary>
    internal List<Key> KeysOf(IReadOnlyList<SortBy> sort)
    {
        var keys = new List<Key>();
        foreach (var by in sort.Count > 0 ? sort : _defaultSort)
        {
            if (!_sorts.TryGetValue(by.Name, out var column))
            {
                throw new ArgumentException($"This list can't be sorted by {by.Name}.", nameof(sort));
            }

            if (keys.Exists(key => key.Name == by.Name))
            {
                throw new ArgumentException($"The list is to be sorted by {by.Name} twice.", nameof(sort));
            }

            keys.Add(new Key(by.Name, column, by.Descending));
            if (column.Sql == _id.Sql)
            {
                // Nothing behind it can make a difference.
                return keys;
            }
        }

        keys.Add(new Key("", _id, keys.Count > 0 && keys[0].Descending));
        return keys;
    }

    private async Task<KeysetPage<T>> ReadPageAsync(
        DbConnection connection, CommandDefinition command, List<Key> keys, int limit, CancellationToken cancellationToken)
    {
        var reader = await OpenReader.ExecuteAsync(connection, command).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var rows = reader.Rows;
            var items = new List<T>();
            var parse = _read;
            object?[] last = [];
            while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // One more than asked tells whether there is a next page.
                if (items.Count == limit)
                {
                    reader.IsThrough = true;
                    return new KeysetPage<T>(items, ListPosition.Write(keys, last));
                }

                var first = rows.FieldCount - keys.Count;
                parse ??= rows.GetRowParser<T>(length: first);
                items.Add(parse(rows));
                if (items.Count == limit)
                {
                    last = [.. keys.Select((_, index) => rows.IsDBNull(first + index) ? null : rows.GetValue(first + index))];
                }
            }

            reader.IsThrough = true;
            return new KeysetPage<T>(items, null);
        }
    }

    private async Task<List<T>> ReadAllAsync(DbConnection connection, CommandDefinition command, CancellationToken cancellationToken)
    {
        if (_read is null)
        {
            return (await connection.QueryAsync<T>(command).ConfigureAwait(false)).AsList();
        }

        var reader = await OpenReader.ExecuteAsync(connection, command).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var items = new List<T>();
            while (await reader.Rows.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                items.Add(_read(reader.Rows));
            }

            reader.IsThrough = true;
            return items;
        }
    }

    /// <summary>What lies behind a row: <c>a &gt; x OR (a = x AND (b &gt; y OR (b = y AND id &gt; z)))</c>, with nulls last.</summary>
    private static string Behind(List<Key> keys, object?[] position, DynamicParameters parameters)
    {
        var sql = "";
        for (var index = keys.Count - 1; index >= 0; index--)
        {
            var (_, column, descending) = keys[index];
            var parameter = $"@list_key_{index}";
            if (position[index] is not { } value)
            {
                // Behind a row without a value are only rows without one.
                sql = $"({column.Sql} IS NULL AND {sql})";
                continue;
            }

            parameters.Add(parameter[1..], value);
            var beyond = $"{column.Sql} {(descending ? '<' : '>')} {parameter}";
            if (column.IsNullable)
            {
                beyond += $" OR {column.Sql} IS NULL";
            }

            sql = sql.Length == 0 ? $"({beyond})" : $"({beyond} OR ({column.Sql} = {parameter} AND {sql}))";

            // It says nothing new, but is what an index can begin at.
            if (index == 0 && keys.Count > 1 && !column.IsNullable)
            {
                sql = $"{column.Sql} {(descending ? "<=" : ">=")} {parameter} AND {sql}";
            }
        }

        return sql;
    }

    private static void AppendWhere(StringBuilder sql, List<string> conditions)
    {
        if (conditions.Count > 0)
        {
            sql.Append(" WHERE ").AppendJoin(" AND ", conditions);
        }
    }

    private static void AppendOrder(StringBuilder sql, IReadOnlyList<Key> keys)
    {
        sql.Append(" ORDER BY ").AppendJoin(", ", keys.Select(static key =>
            key.Column.Sql + (key.Descending ? " DESC" : "") + (key.Column.IsNullable ? " NULLS LAST" : "")));
    }

    private static string Condition(ListColumn column, FilterBy filter, string name, DynamicParameters parameters)
    {
        switch (filter.Operator)
        {
            case FilterOperator.IsNull:
                return $"{column.Sql} {(filter.Value is true ? "IS NULL" : "IS NOT NULL")}";
            case FilterOperator.In:
                var values = ((IEnumerable)filter.Value!).Cast<object>().ToList();
                for (var index = 0; index < values.Count; index++)
                {
                    parameters.Add($"{name}_{index}", ListPosition.Normal(values[index], column.Value));
                }

                return values.Count == 0 ? "1 = 0" : $"{column.Sql} IN ({string.Join(", ", values.Select((_, index) => $"@{name}_{index}"))})";
            case FilterOperator.StartsWith or FilterOperator.Contains:
                var text = ((string)filter.Value!).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
                parameters.Add(name, filter.Operator == FilterOperator.Contains ? $"%{text}%" : text + "%");
                return $@"lower({column.Sql}) LIKE lower(@{name}) ESCAPE '\'";
        }

        parameters.Add(name, ListPosition.Normal(filter.Value!, column.Value));
        return $"{column.Sql} {filter.Operator switch
        {
            FilterOperator.Equal => "=",
            FilterOperator.NotEqual => "IS DISTINCT FROM",
            FilterOperator.Less => "<",
            FilterOperator.LessOrEqual => "<=",
            FilterOperator.Greater => ">",
            _ => ">=",
        }} @{name}";
    }

    private StringBuilder Select(ListRequest request, List<string> conditions)
    {
        var sql = new StringBuilder("SELECT ").Append(_columns).Append(" FROM ").Append(_from);
        AppendWhere(sql, conditions);
        AppendOrder(sql, KeysOf(request.Sort));
        return sql;
    }

    private List<string> Conditions(ListRequest request, DynamicParameters parameters)
    {
        var conditions = new List<string>();
        if (request.Where is { } where)
        {
            conditions.Add($"({where})");
        }

        for (var index = 0; index < request.Filters.Count; index++)
        {
            var filter = request.Filters[index];
            if (!CanFilterBy(filter.Name, filter.Operator))
            {
                throw new ArgumentException($"This list can't be filtered by {filter.Name} {filter.Operator}.", nameof(request));
            }

            if (filter.Value is null)
            {
                throw new ArgumentException($"The filter {filter.Name} has no value.", nameof(request));
            }

            conditions.Add(Condition(_filters[filter.Name].Column, filter, string.Create(CultureInfo.InvariantCulture, $"list_filter_{index}"), parameters));
        }

        return conditions;
    }
}
