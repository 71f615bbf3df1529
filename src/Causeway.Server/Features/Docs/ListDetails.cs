using System.Globalization;
using Causeway.Http;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The parameters of a list or an export, from the schema by which they are read.</summary>
internal static class ListDetails
{
    private static readonly Dictionary<FilterOperators, string> Meanings = new()
    {
        [FilterOperators.Equal] = "Only where {0} is the value; several times: one of the values.",
        [FilterOperators.NotEqual] = "Only where {0} is not the value; several times: none of them.",
        [FilterOperators.Contains] = "Only where {0} has the text in it.",
        [FilterOperators.Prefix] = "Only where {0} begins with the text.",
        [FilterOperators.Less] = "Only where {0} is below.",
        [FilterOperators.LessOrEqual] = "Only where {0} is at most this.",
        [FilterOperators.Greater] = "Only where {0} is above.",
        [FilterOperators.GreaterOrEqual] = "Only where {0} is at least this.",
        [FilterOperators.IsNull] = "Only where {0} has no value (true), or has one (false).",
    };

    private const string Search = "Only where the text stands in what people know it by.";
    private const string Case = " Case does not matter.";

    /// <summary>Every parameter that the list takes.</summary>
    public static IEnumerable<(string Name, string Description, OpenApiSchema Schema)> Describe(ListMetadata list)
    {
        if (!list.IsExport)
        {
            yield return ("cursor", "Where the last page ended: its next_cursor. Absent for the first page.", new OpenApiSchema { Type = JsonSchemaType.String });
            yield return ("limit", "Items on a page, by cursor.", ParameterDetails.Whole(1, RequestedList.MaxSize, RequestedList.DefaultSize));
            yield return ("page", "Which page, where pages go by number and not by cursor; the answer has a total then.", ParameterDetails.Whole(1, int.MaxValue));
            yield return ("page_size", "Items on a page, by number.", ParameterDetails.Whole(1, RequestedList.MaxSize, RequestedList.DefaultSize));
        }

        var fields = string.Join(", ", list.Schema.Fields.Where(static field => field.Sortable).Select(static field => field.Name));
        yield return (
            "sort",
            $"Up to {ListSchema.MaxSortKeys} of {fields}, separated by commas, each with a - before it for descending; {string.Join(',', list.Schema.DefaultSort)} when absent.",
            new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = ListSchema.MaxTextLength });
        foreach (var field in list.Schema.Fields)
        {
            foreach (var (name, known) in field.Parameters)
            {
                var meaning = field.IsSearch ? Search : field.IgnoresCase && known is FilterOperators.Equal or FilterOperators.NotEqual ? Meanings[known] + Case : Meanings[known];
                yield return (name, string.Format(CultureInfo.InvariantCulture, meaning, field.Name), known == FilterOperators.IsNull ? Boolean() : ValueOf(field));
            }
        }
    }

    /// <summary>The parameters of a CSV file.</summary>
    public static IEnumerable<(string Name, string Description, OpenApiSchema Schema)> DescribeCsv()
    {
        yield return ("bom", "Whether the file begins with a byte order mark, by which Excel knows UTF-8.", OneOf("false", "true"));
        yield return ("formulas", "Whether texts that a spreadsheet would take for a formula get an apostrophe before them.", OneOf("guard", "keep"));
    }

    private static OpenApiSchema ValueOf(ListField field) => field.Type switch
    {
        ListFieldType.Number => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
        ListFieldType.Boolean => Boolean(),
        ListFieldType.Time => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
        _ when field.Choices is { } choices => OneOf([.. choices]),
        _ => new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = ListSchema.MaxTextLength },
    };

    private static OpenApiSchema Boolean() => new() { Type = JsonSchemaType.Boolean };

    private static OpenApiSchema OneOf(params string[] values) => new() { Type = JsonSchemaType.String, Enum = [.. values] };
}
