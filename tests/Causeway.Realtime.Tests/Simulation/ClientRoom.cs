namespace Causeway.Realtime.Tests;

/// <summary>What a member knows of a room.</summary>
internal sealed class ClientRoom(string id)
{
    // What it was said to have missed since it has this line.
    private readonly List<(long From, long To)> _missed = [];
    private long _told;
    private long _seen;

    public string Id => id;

    public bool IsIn { get; set; }

    /// <summary>Whether it was in it on this line.</summary>
    public bool HasLine { get; set; }

    /// <summary>The log that its position is in; null while it has none.</summary>
    public string? Epoch { get; set; }

    /// <summary>The last position that it has.</summary>
    public long Last { get; set; }

    public HashSet<string> Members { get; set; } = [];

    public void Out()
    {
        (IsIn, HasLine) = (false, false);
        StartOver();
    }

    /// <summary>From here on everything comes, as far as nothing else is said.</summary>
    public void StartOver()
    {
        _missed.Clear();
        (_told, _seen) = (0, 0);
    }

    /// <summary>It is said that so many messages will not come, those of a log between two positions.</summary>
    public void Miss(long count, long? from, long? to)
    {
        _told += count;
        if (from is { } first && to is { } last)
        {
            _missed.Add((first, last));
        }
    }

    /// <summary>Whether a message that did not come is one of those.</summary>
    public bool MayMiss(long offset) => _missed.Exists(range => range.From <= offset && offset <= range.To);

    /// <summary>One of those did not come.</summary>
    /// <returns>Whether so many were said to.</returns>
    public bool CountMissed() => ++_seen <= _told;
}
