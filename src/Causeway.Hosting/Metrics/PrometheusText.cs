using System.Buffers;
using System.Globalization;
using System.Text;

namespace Causeway.Hosting;

/// <summary>Writes Prometheus' text format, version 0.0.4.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly SearchValues<char> LabelSpecials = SearchValues.Create("\\\"\n");

    public static void Write(StringBuilder text, MetricFamily family)
    {
        var all = family.Snapshot();
        if (all.Count == 0)
        {
            return;
        }

        if (!string.IsNullOrEmpty(family.Help))
        {
            text.Append("# HELP ").Append(family.Name).Append(' ')
                .Append(family.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        }

        text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Gauge => "gauge",
            _ => "histogram",
        }).Append('\n');
        foreach (var series in all)
        {
            if (family.Kind == MetricKind.Histogram)
            {
                WriteHistogram(text, family.Name, series);
            }
            else
            {
                Sample(text, family.Name, "", series.Labels, null, series.WholeValue?.ToString(CultureInfo.InvariantCulture) ?? Number(series.Value));
            }
        }
    }

    /// <summary>Labels as they stand between the braces, by name; tags whose names become the same are joined with a semicolon.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            var name = PrometheusName.OfLabel(tag.Key);
            var value = ValueText.Format(tag.Value) ?? "";
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{value}" : value;
        }

        return string.Join(',', labels.Select(static label => $"{label.Key}=\"{Escape(label.Value)}\""));
    }

    public static string Escape(string value) =>
        value.AsSpan().ContainsAny(LabelSpecials)
            ? value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            : value;

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static void WriteHistogram(StringBuilder text, string name, MetricSeries series)
    {
        var counts = series.CumulativeBuckets();
        for (var i = 0; i < counts.Length; i++)
        {
            var bound = i < series.Bounds.Count ? Number(series.Bounds[i]) : "+Inf";
            Sample(text, name, "_bucket", series.Labels, bound, counts[i].ToString(CultureInfo.InvariantCulture));
        }

        Sample(text, name, "_sum", series.Labels, null, Number(series.Value));
        Sample(text, name, "_count", series.Labels, null, counts[^1].ToString(CultureInfo.InvariantCulture));
    }

    private static void Sample(StringBuilder text, string name, string suffix, string labels, string? le, string value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0 || le is not null)
        {
            text.Append('{').Append(labels);
            if (le is not null)
            {
                text.Append(labels.Length > 0 ? "," : "").Append("le=\"").Append(le).Append('"');
            }

            text.Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }
}
