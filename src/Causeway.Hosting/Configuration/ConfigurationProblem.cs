namespace Causeway.Hosting;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Key">The key, such as <c>Server:Urls</c>; a validator names it relative to its section. Empty when the whole file is meant.</param>
/// <param name="Reason">What is wrong and what would be right; goes on after the key, so it starts in lower case. Never holds a secret.</param>
/// <param name="Source">Where the value stands; a validator leaves it out, it is filled in.</param>
public sealed record ConfigurationProblem(string Key, string Reason, ConfigurationOrigin? Source = null)
{
    /// <summary>One line for a person: key, reason, place; or place and reason where no key is to blame.</summary>
    public override string ToString()
    {
        if (Key.Length == 0 && Source is { Name: not null })
        {
            return $"{Source} {Reason}";
        }

        var text = Key.Length == 0 ? Reason : $"{Key} {Reason}";
        return Source is null || Source.Tier == ConfigurationTier.Default ? text : $"{text} ({Source})";
    }
}

/// <summary>The configuration can't be used; carries everything that is wrong with it, not only the first thing.</summary>
/// <param name="problems">At least one.</param>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationProblem> problems)
    : Exception(Describe(problems))
{
    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; } = problems;

    private static string Describe(IReadOnlyList<ConfigurationProblem> problems)
    {
        var title = problems.Count == 1 ? "The configuration has a problem:" : $"The configuration has {problems.Count} problems:";
        return string.Join(Environment.NewLine, problems.Select(static problem => $"  {problem}").Prepend(title));
    }
}
