namespace Causeway.Hosting;

internal enum EntryKind
{
    Scalar = 1,
    Null,
    EmptyObject,
    EmptyArray,
}

internal sealed record ConfigurationEntry(string Key, string? Value, EntryKind Kind, ConfigurationOrigin Origin);

/// <summary>Flat keys of one tier, or of all tiers merged. Keys compare without case.</summary>
internal sealed class ConfigurationTree
{
    private readonly Dictionary<string, ConfigurationEntry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _arrays = new(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<ConfigurationEntry> Entries => _entries.Values;

    public static string Join(string parent, string child) => parent.Length == 0 ? child : $"{parent}:{child}";

    public ConfigurationEntry? Find(string key) => _entries.GetValueOrDefault(key);

    public bool TryAdd(ConfigurationEntry entry) => _entries.TryAdd(entry.Key, entry);

    public void Set(ConfigurationEntry entry) => _entries[entry.Key] = entry;

    public void MarkArray(string key) => _arrays.Add(key);

    /// <summary>The entries below a key, the key itself not among them.</summary>
    public IEnumerable<ConfigurationEntry> Below(string key) =>
        _entries.Values.Where(entry => IsBelow(entry.Key, key));

    /// <summary>The names directly below a key; numbers in their order, the rest as they were written.</summary>
    public IReadOnlyList<string> ChildNames(string key)
    {
        var names = Below(key)
            .Select(entry => FirstSegment(entry.Key.AsSpan(key.Length + 1)))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToList();
        return names.TrueForAll(static name => IsIndex(name))
            ? [.. names.OrderBy(static name => int.Parse(name, System.Globalization.CultureInfo.InvariantCulture))]
            : names;
    }

    /// <summary>Where a key, or the first thing below it, was set; null if nowhere.</summary>
    public ConfigurationOrigin? OriginOf(string key) =>
        (Find(key) ?? Below(key).FirstOrDefault())?.Origin;

    /// <summary>Lays a later tier over this one. A list is replaced as a whole: a shorter list must not keep the tail of a longer one.</summary>
    public void Overlay(ConfigurationTree later)
    {
        foreach (var array in ListsSetBy(later))
        {
            RemoveBelow(array);
            _entries.Remove(array);
        }

        foreach (var entry in later.Entries)
        {
            if (entry.Kind is EntryKind.Scalar or EntryKind.EmptyArray && _arrays.Contains(entry.Key))
            {
                RemoveBelow(entry.Key);
            }

            _entries[entry.Key] = entry;
        }

        _arrays.UnionWith(later._arrays);
    }

    public static bool IsIndex(string name) =>
        name.Length is > 0 and < 6 && name.All(char.IsAsciiDigit);

    private static bool IsBelow(string key, string parent) =>
        parent.Length == 0 || (key.Length > parent.Length && key[parent.Length] == ':' && key.StartsWith(parent, StringComparison.OrdinalIgnoreCase));

    private static string FirstSegment(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf(':');
        return (end < 0 ? rest : rest[..end]).ToString();
    }

    private List<string> ListsSetBy(ConfigurationTree later) =>
        [.. _arrays.Where(array => later.Below(array).Any(entry => IsIndex(FirstSegment(entry.Key.AsSpan(array.Length + 1)))))];

    private void RemoveBelow(string key)
    {
        foreach (var entry in Below(key).ToList())
        {
            _entries.Remove(entry.Key);
        }
    }
}
