namespace Causeway.Hosting;

/// <summary>A loop that the service can't live without failed too often.</summary>
/// <param name="name">The loop.</param>
/// <param name="error">What its last iteration said.</param>
public sealed class LoopFailedException(string name, string? error)
    : Exception($"The critical loop {name} failed too often. The last time: {error}")
{
    /// <summary>The loop.</summary>
    public string Name { get; } = name;
}
