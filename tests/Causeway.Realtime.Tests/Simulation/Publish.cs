namespace Causeway.Realtime.Tests;

/// <summary>A publish and what its publisher knows of it.</summary>
internal sealed class Publish(string room)
{
    public string Room => room;

    public Fate Fate { get; set; } = Fate.Pending;

    public string? Epoch { get; set; }

    public long Offset { get; set; }
}

internal enum Fate
{
    Pending = 1,

    Acknowledged,

    /// <summary>It was not stored, the server says.</summary>
    Refused,

    /// <summary>It may have been stored.</summary>
    Unknown,
}
