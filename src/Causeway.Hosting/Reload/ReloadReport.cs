namespace Causeway.Hosting;

/// <summary>How a reload went.</summary>
/// <param name="Problems">Why something, or everything, stayed as it was; empty when all went well.</param>
/// <param name="Changes">What changed, one line for each hook that changed something.</param>
/// <param name="NeedRestart">Keys whose new value counts only after a restart.</param>
public sealed record ReloadReport(IReadOnlyList<string> Problems, IReadOnlyList<string> Changes, IReadOnlyList<string> NeedRestart)
{
    /// <summary>Keys with another value than before the reload, whether or not a hook put it into force; secrets are masked.</summary>
    public IReadOnlyList<ConfigurationChange> Values { get; init; } = [];

    /// <summary>Whether all went well.</summary>
    public bool Succeeded => Problems.Count == 0;
}
