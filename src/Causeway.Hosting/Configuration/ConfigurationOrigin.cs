using System.Globalization;

namespace Causeway.Hosting;

/// <summary>Where a configured value comes from; a later tier wins over an earlier one.</summary>
public enum ConfigurationTier
{
    /// <summary>The program's own default.</summary>
    Default = 1,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>The file <c>.env</c>, read in development only.</summary>
    DotEnv,

    /// <summary>An environment variable of the process.</summary>
    Environment,

    /// <summary>A flag on the command line.</summary>
    Flag,
}

/// <summary>The exact place a configured value comes from.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Name">The file's path, the variable's or the flag's name; null for a default.</param>
/// <param name="Line">The line, from 1; null outside files.</param>
/// <param name="Column">The column in characters, from 1; null outside files.</param>
public sealed record ConfigurationOrigin(ConfigurationTier Tier, string? Name = null, int? Line = null, int? Column = null)
{
    /// <summary>The program's own default.</summary>
    public static ConfigurationOrigin Default { get; } = new(ConfigurationTier.Default);

    /// <summary>The tier as one word, as <c>config show --json</c> prints it.</summary>
    public string TierName => Tier switch
    {
        ConfigurationTier.File => "file",
        ConfigurationTier.DotEnv => "dotenv",
        ConfigurationTier.Environment => "environment",
        ConfigurationTier.Flag => "flag",
        _ => "default",
    };

    /// <summary>For a person: <c>causeway.json:3:14</c>, <c>environment CAUSEWAY__Server__Urls</c>, <c>flag --Server:Urls</c> or <c>default</c>.</summary>
    public override string ToString() => Tier switch
    {
        ConfigurationTier.File or ConfigurationTier.DotEnv when Line is not null =>
            string.Create(CultureInfo.InvariantCulture, $"{Name}:{Line}:{Column ?? 1}"),
        ConfigurationTier.File or ConfigurationTier.DotEnv => Name ?? TierName,
        ConfigurationTier.Default => "default",
        _ => $"{TierName} {Name}",
    };
}
