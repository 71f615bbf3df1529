namespace Causeway.Concurrency;

/// <summary>The tags that were invalidated while values are being loaded: what such a value depends on is known only once it is there.</summary>
internal sealed class RecentInvalidations
{
    /// <summary>What no invalidation has outdated.</summary>
    public const long Never = long.MaxValue;

    private const int Max = 1_000;

    private readonly Dictionary<string, List<long>> _tags = new(StringComparer.Ordinal);
    private int _count;
    private long _forgottenUntil;

    /// <summary>Notes that a tag was invalidated.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="number">Greater than all before.</param>
    public void Add(string tag, long number)
    {
        if (_count == Max)
        {
            Clear();
            _forgottenUntil = number;
            return;
        }

        if (!_tags.TryGetValue(tag, out var numbers))
        {
            _tags.Add(tag, numbers = []);
        }

        numbers.Add(number);
        _count++;
    }

    /// <summary>The first invalidation of any of the tags after a load began; <see cref="Never"/> when there was none.</summary>
    /// <param name="tags">What the value depends on.</param>
    /// <param name="startedAt">The newest number when the load began.</param>
    public long FirstAfter(IReadOnlyCollection<string> tags, long startedAt)
    {
        if (tags.Count > 0 && startedAt < _forgottenUntil)
        {
            // There were too many to remember: whatever was being loaded then is taken as outdated from its beginning.
            return startedAt + 1;
        }

        var first = Never;
        foreach (var tag in tags)
        {
            if (_tags.TryGetValue(tag, out var numbers))
            {
                var index = numbers.BinarySearch(startedAt + 1);
                index = index < 0 ? ~index : index;
                first = index < numbers.Count ? Math.Min(first, numbers[index]) : first;
            }
        }

        return first;
    }

    public void Clear()
    {
        _tags.Clear();
        _count = 0;
    }
}
