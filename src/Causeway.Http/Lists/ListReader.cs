using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Causeway.Http;

/// <summary>Reads order and filters by a list's schema. What the schema does not name is refused with what it does.</summary>
internal static class ListReader
{
    public const string Sort = "sort";
    public const string Cursor = "cursor";
    public const string Limit = "limit";
    public const string Page = "page";
    public const string PageSize = "page_size";

    /// <summary>The operators behind a dot.</summary>
    public static readonly (string Suffix, FilterOperators Operator)[] Suffixes =
    [
        ("not", FilterOperators.NotEqual),
        ("contains", FilterOperators.Contains),
        ("prefix", FilterOperators.Prefix),
        ("lt", FilterOperators.Less),
        ("lte", FilterOperators.LessOrEqual),
        ("gt", FilterOperators.Greater),
        ("gte", FilterOperators.GreaterOrEqual),
        ("null", FilterOperators.IsNull),
    ];

    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd"];

    public static bool IsReserved(string name) =>
        name is Sort or Cursor or Limit or Page or PageSize || ExportRequest.Parameters.Contains(name) || name.Contains('.', StringComparison.Ordinal);

    /// <summary>The operators that a field takes.</summary>
    public static FilterOperators OperatorsOf(ListField field) => field.Nullable ? field.Filters | FilterOperators.IsNull : field.Filters;

    public static IReadOnlyList<SortKey> ReadSort(ListSchema schema, string text, ListErrors errors)
    {
        var keys = new List<SortKey>();
        foreach (var part in text.Split(','))
        {
            var descending = part.StartsWith('-');
            var name = descending ? part[1..] : part;
            if (schema.Find(name) is not { Sortable: true })
            {
                errors.Add(Sort, $"must be made of {string.Join(", ", schema.Fields.Where(static f => f.Sortable).Select(static f => f.Name))}, each with a '-' before it for descending, separated by commas");
            }
            else if (keys.Exists(key => key.Field == name))
            {
                errors.Add(Sort, $"names {name} twice");
            }
            else
            {
                keys.Add(new SortKey(name, descending));
            }
        }

        if (keys.Count > ListSchema.MaxSortKeys)
        {
            errors.Add(Sort, $"must name at most {ListSchema.MaxSortKeys} fields");
        }

        return keys;
    }

    /// <summary>Every parameter that is no page and no order, as a filter.</summary>
    /// <param name="schema">The allow-list.</param>
    /// <param name="query">The request's query.</param>
    /// <param name="known">Parameters that others read.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static IReadOnlyList<ListFilter> ReadFilters(ListSchema schema, IQueryCollection query, Func<string, bool> known, ListErrors errors)
    {
        var filters = new List<ListFilter>();
        var values = 0;
        foreach (var (parameter, given) in query)
        {
            if (known(parameter) || schema.OtherParameters.Contains(parameter))
            {
                continue;
            }

            if (TryFind(schema, parameter) is not { } found)
            {
                errors.Add(parameter, $"is not known here: {Names(schema)}");
                continue;
            }

            values += given.Count;
            if (ReadFilter(found.Field, found.Operator, parameter, given, errors) is { } filter)
            {
                filters.Add(filter);
            }
        }

        if (values > ListSchema.MaxFilterValues)
        {
            errors.Add(query.Keys.First(key => !known(key)), $"is one filter too many: {ListSchema.MaxFilterValues} values are allowed");
        }

        // The order in which they were given means nothing, and must not make another list of it.
        filters.Sort(static (a, b) => string.CompareOrdinal(a.Field, b.Field) is var order and not 0 ? order : a.Operator.CompareTo(b.Operator));
        return filters;
    }

    private static (ListField Field, FilterOperators Operator)? TryFind(ListSchema schema, string parameter)
    {
        var dot = parameter.IndexOf('.', StringComparison.Ordinal);
        if (schema.Find(dot < 0 ? parameter : parameter[..dot]) is not { } field)
        {
            return null;
        }

        var suffix = dot < 0 ? null : parameter[(dot + 1)..];
        var wanted = suffix is null ? field.IsSearch ? FilterOperators.Contains : FilterOperators.Equal
            : field.IsSearch ? FilterOperators.None
            : Suffixes.FirstOrDefault(known => known.Suffix == suffix).Operator;
        return wanted != FilterOperators.None && OperatorsOf(field).HasFlag(wanted) ? (field, wanted) : null;
    }

    private static string Names(ListSchema schema)
    {
        var filters = string.Join(", ", schema.Fields.SelectMany(static field => ParametersOf(field)).Select(static parameter => parameter.Name));
        return filters.Length == 0 ? "this list has no filters" : $"the filters are {filters}";
    }

    /// <summary>Every parameter by which a field can be filtered.</summary>
    public static IEnumerable<(string Name, FilterOperators Operator)> ParametersOf(ListField field)
    {
        if (field.IsSearch)
        {
            yield return (field.Name, FilterOperators.Contains);
            yield break;
        }

        var operators = OperatorsOf(field);
        if (operators.HasFlag(FilterOperators.Equal))
        {
            yield return (field.Name, FilterOperators.Equal);
        }

        foreach (var (suffix, known) in Suffixes)
        {
            if (operators.HasFlag(known))
            {
                yield return ($"{field.Name}.{suffix}", known);
            }
        }
    }

    private static ListFilter? ReadFilter(ListField field, FilterOperators wanted, string parameter, StringValues given, ListErrors errors)
    {
        if (given.Count > 1 && wanted is not (FilterOperators.Equal or FilterOperators.NotEqual))
        {
            errors.Add(parameter, "must stand once");
            return null;
        }

        var values = new List<object>(given.Count);
        foreach (var text in given)
        {
            var (value, rule) = wanted == FilterOperators.IsNull ? ReadBoolean(text) : Read(field, text);
            if (value is null)
            {
                errors.Add(parameter, rule);
                return null;
            }

            if (!values.Contains(value))
            {
                values.Add(value);
            }
        }

        values.Sort(static (a, b) => a is string text ? string.CompareOrdinal(text, (string)b) : ((IComparable)a).CompareTo(b));
        return new ListFilter(field.Name, wanted, values);
    }

    private static (object? Value, string Rule) Read(ListField field, string? text) => field.Type switch
    {
        ListFieldType.Number => (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null, "must be a whole number"),
        ListFieldType.Boolean => ReadBoolean(text),
        ListFieldType.Time => (TryReadTime(text, out var time) ? time : null, "must be a time with its offset (2026-01-31T08:15:00Z) or a date (2026-01-31)"),
        _ when field.Choices is { } choices => (text is not null && choices.Contains(text) ? text : null, $"must be one of {string.Join(", ", choices)}"),
        _ => (
            text is { Length: <= ListSchema.MaxTextLength } && !text.Contains('\0', StringComparison.Ordinal) ? field.IgnoresCase ? text.ToLowerInvariant() : text : null,
            $"must have at most {ListSchema.MaxTextLength} characters, and no NUL among them"),
    };

    private static (object? Value, string Rule) ReadBoolean(string? text) => (text switch { "true" => true, "false" => false, _ => null }, "must be true or false");

    /// <summary>Reads a moment with its offset, or a date, which means its first moment in UTC.</summary>
    public static bool TryReadTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
        && (text!.Length == "yyyy-MM-dd".Length || text[^1] == 'Z' || text[^6] is '+' or '-');
}
