using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Http;

/// <summary>
/// What a request asks of a list: order, filters, and a page by cursor (<c>?cursor=&amp;limit=</c>) or by number (<c>?page=&amp;page_size=</c>).
/// An endpoint with <c>WithList</c> or <c>WithExport</c> takes it as a parameter; whatever the list's schema does not name is refused.
/// </summary>
/// <remarks>It says what was asked, in plain values; fetching it is the business of whoever has the data.</remarks>
public sealed class RequestedList
{
    /// <summary>Items on a page where the request doesn't say.</summary>
    public const int DefaultSize = PageRequest.DefaultLimit;

    /// <summary>The most items a page may have.</summary>
    public const int MaxSize = PageRequest.MaxLimit;

    private readonly CursorProtector _protector;
    private readonly string? _cursor;

    private RequestedList(ListSchema schema, CursorProtector protector, string? cursor) => (Schema, _protector, _cursor) = (schema, protector, cursor);

    /// <summary>The list's allow-list.</summary>
    public ListSchema Schema { get; }

    /// <summary>The order that was asked for, or else the list's own; never empty. Whoever fetches it adds a unique last key.</summary>
    public required IReadOnlyList<SortKey> Sort { get; init; }

    /// <summary>What items must pass, all of it; in an order that does not depend on the request's.</summary>
    public required IReadOnlyList<ListFilter> Filters { get; init; }

    /// <summary>Which page by its number, from 1; null where pages go by cursor.</summary>
    public int? Page { get; private init; }

    /// <summary>The most items on the page.</summary>
    /// <value>1–100. Default 20.</value>
    public int Size { get; private init; } = DefaultSize;

    /// <summary>Items before the page, where pages go by number.</summary>
    /// <value>0–10,000.</value>
    public int Offset => ((Page ?? 1) - 1) * Size;

    /// <summary>The list with what its path, order, filters and other parameters make of it: what a cursor is bound to.</summary>
    public required string ListName { get; init; }

    /// <summary>Reads a request's query by the list that its endpoint names.</summary>
    /// <exception cref="ApiErrorException">Something is unknown or out of range: 422, naming each parameter and what is allowed.</exception>
    /// <exception cref="InvalidOperationException">The endpoint names no list.</exception>
    public static ValueTask<RequestedList?> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var list = context.GetEndpoint()?.Metadata.GetMetadata<ListMetadata>()
            ?? throw new InvalidOperationException("An endpoint that takes a RequestedList says which list it answers with: WithList(schema).");
        var protector = context.RequestServices?.GetService<CursorProtector>() ?? CursorProtector.OfProcess;
        return ValueTask.FromResult<RequestedList?>(Read(list, context.Request.Query, context.Request.RouteValues, protector));
    }

    /// <summary>Reads what is asked of a list as a whole, as an endpoint with <c>WithExport</c> reads it.</summary>
    /// <param name="schema">The list.</param>
    /// <param name="query">Order and filters.</param>
    /// <exception cref="ApiErrorException">Something is unknown or out of range: 422, naming each parameter and what is allowed.</exception>
    public static RequestedList ReadExport(ListSchema schema, IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(query);
        return Read(new ListMetadata(schema, IsExport: true), query, [], CursorProtector.OfProcess);
    }

    /// <summary>The position behind which the page begins, as <see cref="WriteCursor"/> was given it; null for the first page.</summary>
    /// <exception cref="ApiErrorException">The cursor is not one of this list in this order and with these filters: 422, naming it.</exception>
    public string? ReadCursor() => _cursor is null ? null : _protector.TryUnprotect(ListName, _cursor, out var position) ? position : throw BadCursor();

    /// <summary>The cursor for the page that begins behind a position.</summary>
    /// <param name="position">Where it is, in whatever form the data's home gave it: the values of the item's sort keys, a unique one last. Clients can read it, and can't change it.</param>
    /// <exception cref="ArgumentException">It is too long for a cursor of 4,096 characters.</exception>
    public string WriteCursor(string position) => _protector.Protect(ListName, position);

    /// <summary>The refusal of a cursor whose position turns out not to be one of the list.</summary>
    public static ApiErrorException BadCursor()
    {
        const string Rule = "is not one that this list gave out for this sort and these filters; start again without it";
        return new ApiErrorException(new ApiError(ErrorCode.ValidationError, $"The parameter '{ListReader.Cursor}' {Rule}.")
        {
            Details = new() { ["fields"] = new System.Text.Json.Nodes.JsonObject { [ListReader.Cursor] = Rule } },
        });
    }

    private static RequestedList Read(ListMetadata list, IQueryCollection query, RouteValueDictionary path, CursorProtector protector)
    {
        var errors = new ListErrors();
        var schema = list.Schema;
        var sort = ReadSort(schema, query, errors);
        var filters = ListReader.ReadFilters(schema, query, name => IsParameter(name, list.IsExport), errors);
        int? page = null;
        var size = DefaultSize;
        string? cursor = null;
        if (!list.IsExport)
        {
            (page, size, cursor) = ReadPage(query, errors);
        }

        errors.ThrowIfAny();
        return new RequestedList(schema, protector, cursor)
        {
            Sort = sort,
            Filters = filters,
            Page = page,
            Size = size,
            ListName = NameOf(schema, query, path, sort, filters),
        };
    }

    private static bool IsParameter(string name, bool isExport) => name == ListReader.Sort
        || (isExport ? ExportRequest.Parameters.Contains(name) : name is ListReader.Cursor or ListReader.Limit or ListReader.Page or ListReader.PageSize);

    private static IReadOnlyList<SortKey> ReadSort(ListSchema schema, IQueryCollection query, ListErrors errors)
    {
        var given = query[ListReader.Sort];
        if (given.Count > 1)
        {
            errors.Add(ListReader.Sort, "must stand once");
        }

        return given is [{ Length: > 0 } text] ? ListReader.ReadSort(schema, text, errors) : schema.DefaultSort;
    }

    private static (int? Page, int Size, string? Cursor) ReadPage(IQueryCollection query, ListErrors errors)
    {
        var byNumber = query.ContainsKey(ListReader.Page) || query.ContainsKey(ListReader.PageSize);
        if (!byNumber)
        {
            var cursors = query[ListReader.Cursor];
            if (cursors.Count > 1)
            {
                errors.Add(ListReader.Cursor, "must stand once");
            }

            // An empty cursor is the first page, so that a client may always send the parameter.
            return (null, ReadNumber(query, ListReader.Limit, DefaultSize, MaxSize, errors), cursors is [{ Length: > 0 } cursor] ? cursor : null);
        }

        foreach (var other in (ReadOnlySpan<string>)[ListReader.Cursor, ListReader.Limit])
        {
            if (query.ContainsKey(other))
            {
                errors.Add(other, $"belongs to pages by cursor, {ListReader.Page} and {ListReader.PageSize} to pages by number: use one way");
            }
        }

        var page = ReadNumber(query, ListReader.Page, 1, int.MaxValue, errors);
        var size = ReadNumber(query, ListReader.PageSize, DefaultSize, MaxSize, errors);
        if ((long)(page - 1) * size > ListSchema.MaxOffset)
        {
            errors.Add(ListReader.Page, $"is too deep: a page by number begins at most {ListSchema.MaxOffset} items in; go on by cursor, or filter");
            page = 1;
        }

        return (page, size, null);
    }

    private static int ReadNumber(IQueryCollection query, string name, int absent, int max, ListErrors errors)
    {
        var given = query[name];
        if (given.Count == 0)
        {
            return absent;
        }

        if (given is [{ } text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max)
        {
            return number;
        }

        errors.Add(name, max == int.MaxValue ? "must be one whole number from 1" : $"must be one whole number from 1 to {max}");
        return absent;
    }

    private static string NameOf(ListSchema schema, IQueryCollection query, RouteValueDictionary path, IReadOnlyList<SortKey> sort, IReadOnlyList<ListFilter> filters)
    {
        // Every part carries its length or its count, so that no two lists have one name.
        var name = new StringBuilder(schema.Name);
        foreach (var (key, value) in path.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            Append(name, '/', key, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }

        name.Append("?sort=").AppendJoin(',', sort);
        foreach (var filter in filters)
        {
            name.Append(CultureInfo.InvariantCulture, $"&{filter.Field}.{(int)filter.Operator}*{filter.Values.Count}");
            foreach (var value in filter.Values)
            {
                Append(name, '=', "", value is DateTimeOffset time
                    ? time.UtcTicks.ToString(CultureInfo.InvariantCulture)
                    : Convert.ToString(value, CultureInfo.InvariantCulture)!);
            }
        }

        foreach (var parameter in schema.OtherParameters)
        {
            foreach (var value in query[parameter])
            {
                Append(name, '+', parameter, value ?? "");
            }
        }

        return name.ToString();
    }

    private static void Append(StringBuilder name, char before, string key, string value) =>
        name.Append(before).Append(key).Append(CultureInfo.InvariantCulture, $":{value.Length}:").Append(value);
}
