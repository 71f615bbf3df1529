using System.Globalization;
using System.Text;

namespace Causeway.Hosting.Tests.Metrics;

internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

internal sealed record PrometheusFamily(string Name, string Type, string? Help, IReadOnlyList<PrometheusSample> Samples);

/// <summary>A parser of the text format 0.0.4 that takes nothing the format does not allow.</summary>
internal static class StrictPrometheusParser
{
    public static IReadOnlyDictionary<string, PrometheusFamily> Parse(string text)
    {
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "The last line is not ended.");
        var families = new Dictionary<string, PrometheusFamily>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        (string Name, string Help)? help = null;
        PrometheusFamily? current = null;
        List<PrometheusSample> samples = [];
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ', 4);
                help = (parts[2], parts[3]);
                Assert.DoesNotContain(parts[2], families.Keys);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                Assert.Equal(4, parts.Length);
                Assert.Contains(parts[3], new[] { "counter", "gauge", "histogram" });
                Assert.True(help is null || help.Value.Name == parts[2], $"HELP and TYPE differ: {line}");
                samples = [];
                current = new(parts[2], parts[3], help?.Help, samples);
                Assert.True(families.TryAdd(current.Name, current), $"{current.Name} comes twice.");
                help = null;
            }
            else
            {
                Assert.NotNull(current);
                var sample = ParseSample(line);
                Assert.True(BelongsTo(sample.Name, current), $"{sample.Name} stands below {current.Name}.");
                var identity = sample.Name + string.Concat(sample.Labels.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"\0{pair.Key}\0{pair.Value}"));
                Assert.True(seen.Add(identity), $"This sample comes twice: {line}");
                samples.Add(sample);
            }
        }

        foreach (var family in families.Values.Where(static family => family.Type == "histogram"))
        {
            CheckHistogram(family);
        }

        return families;
    }

    public static PrometheusSample ParseSample(string line)
    {
        var at = 0;
        var name = Name(line, ref at, colon: true);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                var label = Name(line, ref at, colon: false);
                Take(line, ref at, '=');
                Assert.True(labels.TryAdd(label, Quoted(line, ref at)), $"Label {label} comes twice: {line}");
                if (line[at] == ',')
                {
                    at++;
                    Assert.NotEqual('}', line[at]);
                }
            }

            at++;
        }

        Take(line, ref at, ' ');
        var value = line[at..] switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            "NaN" => double.NaN,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        return new(name, labels, value);
    }

    private static bool BelongsTo(string sample, PrometheusFamily family) => family.Type == "histogram"
        ? sample == $"{family.Name}_bucket" || sample == $"{family.Name}_sum" || sample == $"{family.Name}_count"
        : sample == family.Name;

    private static void CheckHistogram(PrometheusFamily family)
    {
        foreach (var series in family.Samples.GroupBy(static sample => string.Join(',', sample.Labels.Where(static label => label.Key != "le"))))
        {
            var buckets = series.Where(static sample => sample.Labels.ContainsKey("le")).ToList();
            var bounds = buckets.ConvertAll(static sample =>
                sample.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(sample.Labels["le"], CultureInfo.InvariantCulture));
            Assert.Equal(bounds.Order(), bounds);
            Assert.Equal(double.PositiveInfinity, bounds[^1]);
            Assert.Equal(buckets.Select(static sample => sample.Value).Order(), buckets.Select(static sample => sample.Value));
            Assert.Equal(buckets[^1].Value, series.Single(sample => sample.Name == $"{family.Name}_count").Value);
            Assert.Single(series, sample => sample.Name == $"{family.Name}_sum");
        }
    }

    private static string Name(string line, ref int at, bool colon)
    {
        var start = at;
        while (char.IsAsciiLetterOrDigit(line[at]) || line[at] == '_' || (colon && line[at] == ':'))
        {
            at++;
        }

        Assert.True(at > start && !char.IsAsciiDigit(line[start]), $"No name at {start}: {line}");
        return line[start..at];
    }

    private static string Quoted(string line, ref int at)
    {
        Take(line, ref at, '"');
        var value = new StringBuilder();
        while (line[at] != '"')
        {
            if (line[at] == '\\')
            {
                at++;
                value.Append(line[at] switch
                {
                    'n' => '\n',
                    '\\' => '\\',
                    '"' => '"',
                    _ => throw new FormatException($"No such escape: {line}"),
                });
            }
            else
            {
                value.Append(line[at]);
            }

            at++;
        }

        at++;
        return value.ToString();
    }

    private static void Take(string line, ref int at, char expected)
    {
        Assert.Equal(expected, line[at]);
        at++;
    }
}
