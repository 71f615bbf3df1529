namespace Causeway.Server;

/// <summary>What does not change while the service runs, and whether it is stopping.</summary>
internal sealed record ServiceFacts
{
    /// <summary>The machine's name.</summary>
    public required string Node { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary><c>development</c>, <c>staging</c> or <c>production</c>.</summary>
    public required string Environment { get; init; }

    /// <summary><c>local</c> or <c>exposed</c>.</summary>
    public required string Exposure { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>True from the first signal to stop.</summary>
    public required Func<bool> IsDraining { get; init; }
}
