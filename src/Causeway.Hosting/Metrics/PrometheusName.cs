using System.Text;

namespace Causeway.Hosting;

/// <summary>Turns instrument and tag names into Prometheus names, by OpenTelemetry's rules for it.</summary>
internal static class PrometheusName
{
    private const string Total = "_total";

    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["TiBy"] = "tebibytes",
        ["KBy"] = "kilobytes",
        ["kBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["TBy"] = "terabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["%"] = "percent",
        ["1"] = "",
    };

    private static readonly Dictionary<string, string> PerUnits = new(StringComparer.Ordinal)
    {
        ["s"] = "second",
        ["m"] = "minute",
        ["min"] = "minute",
        ["h"] = "hour",
        ["d"] = "day",
        ["w"] = "week",
        ["mo"] = "month",
        ["y"] = "year",
    };

    /// <summary><c>causeway.publish_to_send</c> in <c>s</c> is <c>causeway_publish_to_send_seconds</c>; a counter ends in <c>_total</c>.</summary>
    public static string OfMetric(string instrument, string? unit, bool isCounter, bool isGauge)
    {
        var name = Sanitize(instrument, allowColon: true);
        if (isCounter && name.EndsWith(Total, StringComparison.Ordinal))
        {
            name = name[..^Total.Length];
        }

        var suffix = unit == "1" && isGauge ? "ratio" : UnitSuffix(unit);
        if (suffix.Length > 0 && !name.Equals(suffix, StringComparison.Ordinal) && !name.EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            name = $"{name}_{suffix}";
        }

        return isCounter ? name + Total : name;
    }

    public static string OfLabel(string tag)
    {
        var name = Sanitize(tag, allowColon: false);
        return name is "le" or "quantile" || name.StartsWith("__", StringComparison.Ordinal) ? $"tag_{name.TrimStart('_')}" : name;
    }

    private static string UnitSuffix(string? unit)
    {
        // Annotations in braces say what is counted, and are no unit.
        var plain = new StringBuilder();
        var depth = 0;
        foreach (var c in unit ?? "")
        {
            depth += c == '{' ? 1 : 0;
            if (depth == 0)
            {
                plain.Append(c);
            }

            depth -= c == '}' && depth > 0 ? 1 : 0;
        }

        var text = plain.ToString().Trim();
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return text.Length == 0 ? "" : Units.TryGetValue(text, out var known) ? known : Sanitize(text, allowColon: false).Trim('_');
        }

        var per = text[(slash + 1)..];
        if (per.Length == 0)
        {
            return UnitSuffix(text[..slash]);
        }

        var perName = PerUnits.TryGetValue(per, out var single) ? single : Sanitize(per, allowColon: false).Trim('_');
        var first = slash == 0 ? "" : UnitSuffix(text[..slash]);
        return first.Length == 0 ? $"per_{perName}" : $"{first}_per_{perName}";
    }

    private static string Sanitize(string text, bool allowColon)
    {
        var name = new StringBuilder(text.Length + 1);
        foreach (var c in text)
        {
            var ok = char.IsAsciiLetterOrDigit(c) || (allowColon && c == ':') || c == '_';
            if (ok && !(c == '_' && name.Length > 0 && name[^1] == '_' && allowColon))
            {
                name.Append(c);
            }
            else if (!ok && (name.Length == 0 || name[^1] != '_'))
            {
                name.Append('_');
            }
        }

        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            name.Insert(0, '_');
        }

        return name.ToString();
    }
}
