using System.ComponentModel;
using System.Globalization;

namespace Causeway.Realtime;

/// <summary>Reads an enum by its name on the wire: <c>drop_oldest</c> is <c>DropOldest</c>.</summary>
internal sealed class WireNameConverter<T> : TypeConverter
    where T : struct, Enum
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
    {
        if (value is not string text)
        {
            return base.ConvertFrom(context, culture, value);
        }

        foreach (var candidate in Enum.GetValues<T>())
        {
            if (string.Equals(candidate.ToString(), text.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
            {
                return candidate;
            }
        }

        var names = string.Join(", ", Enum.GetNames<T>().Select(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName));
        throw new FormatException($"'{text}' is none of: {names}.");
    }
}
