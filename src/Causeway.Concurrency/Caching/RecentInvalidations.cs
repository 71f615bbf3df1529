namespace Causeway.Concurrency;

/// <summary>The tags that were invalidated while values are being loaded: what such a value depends on is known only once it is there.</summary>
internal sealed class RecentInvalidations
{
    private const int Max = 1_000;

    private readonly Dictionary<string, long> _tags = new(StringComparer.Ordinal);
    private long _all;

    /// <summary>Notes that a tag was invalidated at this number.</summary>
    public void Add(string tag, long number)
    {
        if (_tags.Count >= Max && !_tags.ContainsKey(tag))
        {
            // Too many to remember one by one: whatever is being loaded now is taken as outdated.
            _tags.Clear();
            _all = number;
            return;
        }

        _tags[tag] = number;
    }

    /// <summary>The last number at which any of the tags was invalidated; 0 for never.</summary>
    public long Last(IReadOnlyCollection<string> tags)
    {
        var last = tags.Count > 0 ? _all : 0;
        foreach (var tag in tags)
        {
            if (_tags.TryGetValue(tag, out var number) && number > last)
            {
                last = number;
            }
        }

        return last;
    }

    public void Clear() => _tags.Clear();
}
