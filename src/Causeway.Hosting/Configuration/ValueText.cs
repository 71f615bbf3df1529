using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Causeway.Hosting;

/// <summary>Reads and writes one configured value as text, the same in any culture.</summary>
internal static class ValueText
{
    public static bool CanConvert(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type.IsEnum || type.IsPrimitive || type == typeof(decimal) || type == typeof(TimeSpan)
            || type == typeof(Uri) || type == typeof(Guid) || TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));
    }

    /// <summary>Null when it worked; else what the value must be.</summary>
    public static string? TryParse(Type type, string text, out object? value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        value = null;
        if (type == typeof(string))
        {
            value = text;
            return null;
        }

        text = text.Trim();
        if (type.IsEnum)
        {
            return TryParseEnum(type, text, out value);
        }

        if (type == typeof(bool))
        {
            return Result(bool.TryParse(text, out var flag), flag, "must be true or false", out value);
        }

        if (type == typeof(TimeSpan))
        {
            return Result(TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var span), span, "must be a time such as 00:00:30", out value);
        }

        if (type == typeof(Uri))
        {
            return Result(Uri.TryCreate(text, UriKind.Absolute, out var uri), uri, "must be an absolute URL", out value);
        }

        return TryParseOther(type, text, out value);
    }

    public static string? Format(object? value) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        Enum => NameOf(value.GetType(), value.ToString()!),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>What an enumeration's values are called in configuration.</summary>
    public static IEnumerable<string> NamesOf(Type type) => Enum.GetNames(type).Select(name => NameOf(type, name));

    /// <summary>snake_case, unless the value has a name of its own (<see cref="JsonStringEnumMemberNameAttribute"/>), such as <c>http/protobuf</c>.</summary>
    private static string NameOf(Type type, string name) =>
        type.GetField(name)?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static string? TryParseEnum(Type type, string text, out object? value)
    {
        // Names only: a number would pass Enum.Parse whether it is defined or not.
        var plain = text.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        foreach (var name in Enum.GetNames(type))
        {
            if (name.Equals(plain, StringComparison.OrdinalIgnoreCase) || NameOf(type, name).Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                value = Enum.Parse(type, name);
                return null;
            }
        }

        value = null;
        return $"must be one of {string.Join(", ", NamesOf(type))}";
    }

    private static string? TryParseOther(Type type, string text, out object? value)
    {
        value = null;
        try
        {
            value = type.IsPrimitive || type == typeof(decimal)
                ? Convert.ChangeType(text, type, CultureInfo.InvariantCulture)
                : TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return value is double.NaN or double.PositiveInfinity or double.NegativeInfinity ? "must be a finite number" : null;
        }
        catch (OverflowException)
        {
            return $"must be a number from {Limit(type, "MinValue")} to {Limit(type, "MaxValue")}";
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or NotSupportedException or InvalidCastException)
        {
            return IsWhole(type) ? "must be a whole number"
                : type.IsPrimitive || type == typeof(decimal) ? "must be a number"
                : $"must be a {type.Name}";
        }
    }

    private static bool IsWhole(Type type) =>
        type.IsPrimitive && type != typeof(double) && type != typeof(float) && type != typeof(char);

    private static string? Limit(Type type, string field) => Format(type.GetField(field)?.GetValue(null));

    private static string? Result(bool parsed, object? result, string reason, out object? value)
    {
        value = parsed ? result : null;
        return parsed ? null : reason;
    }
}
