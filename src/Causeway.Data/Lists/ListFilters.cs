using System.Collections;

namespace Causeway.Data;

/// <summary>A list's filters, for rows in memory: what they let through is what the database does.</summary>
internal static class ListFilters
{
    /// <param name="value">The row's; null for none.</param>
    /// <param name="filter">The condition.</param>
    /// <param name="kind">Of which kind the column's values are.</param>
    public static bool Passes(object? value, FilterBy filter, ListValue kind)
    {
        if (filter.Operator == FilterOperator.IsNull)
        {
            return value is null == filter.Value is true;
        }

        if (value is null)
        {
            return filter.Operator == FilterOperator.NotEqual;
        }

        value = ListPosition.Normal(value, kind);
        return filter.Operator switch
        {
            FilterOperator.In => ((IEnumerable)filter.Value!).Cast<object>().Any(one => ListPosition.Normal(one, kind).Equals(value)),
            FilterOperator.StartsWith => ((string)value).StartsWith((string)filter.Value!, StringComparison.OrdinalIgnoreCase),
            FilterOperator.Contains => ((string)value).Contains((string)filter.Value!, StringComparison.OrdinalIgnoreCase),
            var other => Compares(ListOrder.Compare(value, ListPosition.Normal(filter.Value!, kind)), other),
        };
    }

    private static bool Compares(int order, FilterOperator by) => by switch
    {
        FilterOperator.Equal => order == 0,
        FilterOperator.NotEqual => order != 0,
        FilterOperator.Less => order < 0,
        FilterOperator.LessOrEqual => order <= 0,
        FilterOperator.Greater => order > 0,
        _ => order >= 0,
    };
}
