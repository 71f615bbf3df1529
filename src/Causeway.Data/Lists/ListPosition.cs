using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Causeway.Data;

/// <summary>One column of a list's order.</summary>
internal sealed record Key(string Name, ListColumn Column, bool Descending);

/// <summary>A column as the list knows it.</summary>
internal sealed record ListColumn(string Sql, ListValue Value, bool IsNullable);

/// <summary>A position in a list as text: the order it belongs to, and the values of the row it lies behind (<c>["-created_at",1732…,"0193…"]</c>).</summary>
internal static class ListPosition
{
    public static string Write(IReadOnlyList<Key> keys, object?[] values)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            json.WriteStringValue(OrderOf(keys));
            for (var index = 0; index < keys.Count; index++)
            {
                switch (values[index] is { } value ? Normal(value, keys[index].Column.Value) : null)
                {
                    case null: json.WriteNullValue(); break;
                    case long number: json.WriteNumberValue(number); break;
                    case double real: json.WriteStringValue(real.ToString("R", CultureInfo.InvariantCulture)); break;
                    case bool flag: json.WriteBooleanValue(flag); break;
                    case var text: json.WriteStringValue((string)text); break;
                }
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <exception cref="FormatException">It is no position in this order.</exception>
    public static object?[] Read(string text, IReadOnlyList<Key> keys)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var items = json.RootElement.EnumerateArray().ToList();
            if (items.Count != keys.Count + 1 || items[0].GetString() != OrderOf(keys))
            {
                throw new FormatException("The position belongs to another order of the list.");
            }

            return [.. keys.Select((key, index) => ValueOf(items[index + 1], key.Column))];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException("The position can't be read.", exception);
        }
    }

    /// <summary>The value in the one type that its kind has, so that both databases compare alike.</summary>
    public static object Normal(object value, ListValue kind) => kind switch
    {
        ListValue.Text => value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture)!,
        ListValue.Number => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        ListValue.Real => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        _ => value is bool flag ? flag : Convert.ToInt64(value, CultureInfo.InvariantCulture) != 0,
    };

    private static object? ValueOf(JsonElement item, ListColumn column) => (item.ValueKind, column.Value) switch
    {
        (JsonValueKind.Null, _) when column.IsNullable => null,
        (JsonValueKind.Null, _) => throw new FormatException("The position lacks a value."),
        (_, ListValue.Text) => item.GetString(),
        (_, ListValue.Number) => item.GetInt64(),
        (_, ListValue.Real) => double.Parse(item.GetString()!, CultureInfo.InvariantCulture),
        _ => item.GetBoolean(),
    };

    private static string OrderOf(IReadOnlyList<Key> keys) => string.Join(',', keys.Select(static key => (key.Descending ? "-" : "") + key.Name));
}
