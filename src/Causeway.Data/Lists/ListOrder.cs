namespace Causeway.Data;

/// <summary>A list's order, for rows in memory: as the database has it, with those without a value last either way.</summary>
internal sealed class ListOrder(IReadOnlyList<Key> keys) : IComparer<object?[]>
{
    public int Compare(object?[]? x, object?[]? y)
    {
        for (var index = 0; index < keys.Count; index++)
        {
            var (one, other) = (x![index], y![index]);
            if (one is null || other is null)
            {
                if (one is not null || other is not null)
                {
                    return one is null ? 1 : -1;
                }
            }
            else if (Compare(one, other) is var order and not 0)
            {
                return keys[index].Descending ? -order : order;
            }
        }

        return 0;
    }

    /// <summary>Two values of one kind, each as <see cref="ListPosition.Normal"/> made it.</summary>
    public static int Compare(object one, object other) => one is string text ? CompareText(text, (string)other) : ((IComparable)one).CompareTo(other);

    /// <summary>Texts in the order of their bytes in UTF-8, which is that of their code points and not of their UTF-16 units.</summary>
    private static int CompareText(string one, string other)
    {
        var common = one.AsSpan().CommonPrefixLength(other);
        if (common == one.Length || common == other.Length)
        {
            return one.Length.CompareTo(other.Length);
        }

        var (a, b) = (one[common], other[common]);
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }
}
