namespace Causeway.Hosting;

/// <summary>One line of the journal: a child, and whose it is.</summary>
internal sealed record ChildRecord
{
    /// <summary>128 random bits; the child's environment carries them.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>As configured.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The service that started it.</summary>
    public required ProcessIdentity Owner { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The child itself; null until it was started, since the record is written before.</summary>
    public ProcessIdentity? Child { get; init; }
}
