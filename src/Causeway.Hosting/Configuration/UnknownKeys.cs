namespace Causeway.Hosting;

/// <summary>Finds keys that nothing reads, and the key that was probably meant.</summary>
internal static class UnknownKeys
{
    public static IEnumerable<ConfigurationProblem> Find(ConfigurationTree tree, OptionsShape.Object root)
    {
        var reported = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in tree.Entries)
        {
            if (Check(entry, root) is { } problem && reported.Add(problem.Key))
            {
                yield return problem;
            }
        }
    }

    private static ConfigurationProblem? Check(ConfigurationEntry entry, OptionsShape.Object root)
    {
        var segments = entry.Key.Split(':');
        OptionsShape shape = root;
        for (var i = 0; i < segments.Length; i++)
        {
            var key = string.Join(':', segments.AsSpan(0, i + 1)!);
            switch (shape)
            {
                case OptionsShape.Object known when known.Properties.TryGetValue(segments[i], out var property):
                    shape = property.Shape;
                    break;
                case OptionsShape.Object known:
                    var parent = string.Join(':', segments.AsSpan(0, i)!);
                    return new(key, Unknown(key, segments[i], parent, known, root, isLeaf: i == segments.Length - 1), entry.Origin);
                case OptionsShape.Map map:
                    shape = map.Element;
                    break;
                case OptionsShape.List list when ConfigurationTree.IsIndex(segments[i]):
                    shape = list.Element;
                    break;
                case OptionsShape.List:
                    return new(string.Join(':', segments.AsSpan(0, i)!), "must be a list", entry.Origin);
                default:
                    return new(string.Join(':', segments.AsSpan(0, i)!), "must be one value, not a list or an object", entry.Origin);
            }
        }

        return entry.Kind switch
        {
            EntryKind.Scalar when shape is OptionsShape.Object or OptionsShape.Map or OptionsShape.List { Element: not OptionsShape.Scalar } =>
                new(entry.Key, shape is OptionsShape.List ? "must be a list of objects" : "must be an object", entry.Origin),
            EntryKind.EmptyObject when shape is OptionsShape.Scalar or OptionsShape.List =>
                new(entry.Key, "must not be an object", entry.Origin),
            EntryKind.EmptyArray when shape is not OptionsShape.List => new(entry.Key, "must not be a list", entry.Origin),
            _ => null,
        };
    }

    private static string Unknown(string key, string segment, string parent, OptionsShape.Object siblings, OptionsShape.Object root, bool isLeaf)
    {
        var candidates = siblings.Properties.Values.Select(property => ConfigurationTree.Join(parent, property.Name));
        if (Nearest(key, candidates) is { } sibling)
        {
            return $"is unknown; did you mean {sibling}?";
        }

        // The right name in the wrong section.
        var elsewhere = isLeaf
            ? Leaves(root, "").FirstOrDefault(leaf => leaf[(leaf.LastIndexOf(':') + 1)..].Equals(segment, StringComparison.OrdinalIgnoreCase))
            : null;
        return elsewhere is null ? "is unknown" : $"is unknown; did you mean {elsewhere}?";
    }

    private static string? Nearest(string key, IEnumerable<string> candidates)
    {
        var segmentLength = key.Length - key.LastIndexOf(':') - 1;
        var limit = segmentLength <= 3 ? 1 : Math.Max(2, segmentLength / 3);
        return candidates
            .Select(candidate => (candidate, distance: Distance(key.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(pair => pair.distance <= limit)
            .OrderBy(static pair => pair.distance)
            .ThenBy(static pair => pair.candidate, StringComparer.Ordinal)
            .Select(static pair => pair.candidate)
            .FirstOrDefault();
    }

    private static IEnumerable<string> Leaves(OptionsShape.Object shape, string key) =>
        shape.Properties.Values.SelectMany(property =>
        {
            var child = ConfigurationTree.Join(key, property.Name);
            return property.Shape is OptionsShape.Object nested ? Leaves(nested, child) : [child];
        });

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.</summary>
    internal static int Distance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var cost = from[i - 1] == to[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[from.Length, to.Length];
    }
}
