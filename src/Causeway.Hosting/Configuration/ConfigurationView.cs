using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Causeway.Hosting;

/// <summary>One effective value.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Value">As text; null when not set; masked when secret.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="IsSecret">Whether the value is masked.</param>
public sealed record ConfigurationViewEntry(string Key, string? Value, ConfigurationOrigin Source, bool IsSecret);

/// <summary>The effective configuration, for people and for tools; holds no secret.</summary>
public sealed class ConfigurationView
{
    /// <summary>What stands in place of a secret that is set.</summary>
    public const string Mask = "********";

    private ConfigurationView(string environmentName, string? filePath, IReadOnlyList<ConfigurationViewEntry> entries)
    {
        EnvironmentName = environmentName;
        FilePath = filePath;
        Entries = entries;
    }

    /// <summary><c>Development</c>, <c>Staging</c> or <c>Production</c>.</summary>
    public string EnvironmentName { get; }

    /// <summary>The file that was read, if any.</summary>
    public string? FilePath { get; }

    /// <summary>All values, by section, in the order of the options classes.</summary>
    public IReadOnlyList<ConfigurationViewEntry> Entries { get; }

    /// <summary>A table: key, value, source.</summary>
    /// <returns>Lines, the last one ended too.</returns>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append("Environment: ").AppendLine(EnvironmentName.ToLowerInvariant());
        text.Append("File: ").AppendLine(FilePath ?? "none");
        text.AppendLine();
        var keyWidth = Entries.Select(static entry => entry.Key.Length).DefaultIfEmpty().Max();
        var valueWidth = Math.Min(48, Entries.Select(static entry => Shown(entry).Length).DefaultIfEmpty().Max());
        foreach (var entry in Entries)
        {
            text.Append(entry.Key.PadRight(keyWidth)).Append("  ").Append(Shown(entry).PadRight(valueWidth)).Append("  ").Append(entry.Source).AppendLine();
        }

        return text.ToString();
    }

    /// <summary>The same as JSON: <c>{"environment","file","values":[{"key","value","source","location","secret"}]}</c>.</summary>
    /// <returns>Indented JSON.</returns>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("environment", EnvironmentName.ToLowerInvariant());
            writer.WriteString("file", FilePath);
            writer.WriteStartArray("values");
            foreach (var entry in Entries)
            {
                writer.WriteStartObject();
                writer.WriteString("key", entry.Key);
                writer.WriteString("value", entry.Value);
                writer.WriteString("source", entry.Source.TierName);
                writer.WriteString("location", entry.Source.Tier == ConfigurationTier.Default ? null : entry.Source.ToString());
                writer.WriteBoolean("secret", entry.IsSecret);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    internal static ConfigurationView Of(
        CausewayConfiguration configuration, ConfigurationTree tree, IEnumerable<(string Name, object Options, OptionsShape.Object Shape)> sections)
    {
        var entries = new List<ConfigurationViewEntry>();
        foreach (var (name, options, shape) in sections)
        {
            AddObject(entries, tree, name, options, shape);
        }

        return new(configuration.EnvironmentName, configuration.FilePath, entries);
    }

    private static string Shown(ConfigurationViewEntry entry) => entry.Value ?? "-";

    private static void AddObject(List<ConfigurationViewEntry> entries, ConfigurationTree tree, string key, object options, OptionsShape.Object shape)
    {
        foreach (var property in shape.Properties.Values)
        {
            Add(entries, tree, ConfigurationTree.Join(key, property.Name), property.Info!.GetValue(options), property.Shape, property.IsSecret);
        }
    }

    private static void Add(List<ConfigurationViewEntry> entries, ConfigurationTree tree, string key, object? value, OptionsShape shape, bool isSecret)
    {
        switch (shape)
        {
            case OptionsShape.Object nested when value is not null:
                AddObject(entries, tree, key, value, nested);
                break;
            case OptionsShape.Map map when value is IDictionary { Count: > 0 } named:
                foreach (DictionaryEntry pair in named)
                {
                    Add(entries, tree, ConfigurationTree.Join(key, (string)pair.Key), pair.Value, map.Element, isSecret);
                }

                break;
            case OptionsShape.List { Element: not OptionsShape.Scalar } list when value is IEnumerable items:
                var index = 0;
                foreach (var item in items)
                {
                    Add(entries, tree, ConfigurationTree.Join(key, index++.ToString(CultureInfo.InvariantCulture)), item, list.Element, isSecret);
                }

                break;
            default:
                var text = value is IEnumerable and not string ? string.Join(", ", ((IEnumerable)value).Cast<object?>().Select(ValueText.Format)) : ValueText.Format(value);
                var shown = string.IsNullOrEmpty(text) ? null : isSecret ? Mask : text;
                entries.Add(new(key, shown, tree.OriginOf(key) ?? ConfigurationOrigin.Default, isSecret));
                break;
        }
    }
}
