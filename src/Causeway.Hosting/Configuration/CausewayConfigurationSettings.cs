namespace Causeway.Hosting;

/// <summary>Where configuration is looked for. The defaults suit a program; a test sets its own.</summary>
public sealed class CausewayConfigurationSettings
{
    /// <summary>The directory in which the configuration file and <c>.env</c> are looked for.</summary>
    /// <value>Default: the process's working directory.</value>
    public string WorkingDirectory { get; set; } = Directory.GetCurrentDirectory();

    /// <summary>The file that is read when it is there and no <c>--config</c> names another.</summary>
    /// <value>Default <c>causeway.json</c>.</value>
    public string FileName { get; set; } = "causeway.json";

    /// <summary>What the environment variables begin with; two underscores stand for each colon of a key.</summary>
    /// <value>Default <c>CAUSEWAY__</c>.</value>
    public string VariablePrefix { get; set; } = "CAUSEWAY__";

    /// <summary>The environment variables.</summary>
    /// <value>Default: those of the process.</value>
    public IReadOnlyDictionary<string, string?> Variables { get; set; } = ProcessVariables();

    private static Dictionary<string, string?> ProcessVariables() =>
        System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(static pair => (string)pair.Key, static pair => (string?)pair.Value, StringComparer.Ordinal);
}
