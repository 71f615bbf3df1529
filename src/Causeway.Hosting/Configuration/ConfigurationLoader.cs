using System.Text;
using HostEnvironments = Microsoft.Extensions.Hosting.Environments;

namespace Causeway.Hosting;

/// <summary>Reads every tier and lays each over the ones before it.</summary>
internal sealed class ConfigurationLoader(CausewayConfigurationSettings settings, List<ConfigurationProblem> problems)
{
    private const string DotEnvName = ".env";
    private static readonly string[] Known = [HostEnvironments.Development, HostEnvironments.Staging, HostEnvironments.Production];

    public FlagArguments Flags { get; private set; } = null!;

    public string? FilePath { get; private set; }

    public string EnvironmentName { get; private set; } = HostEnvironments.Production;

    public ConfigurationTree Load(IReadOnlyList<string> arguments)
    {
        Flags = FlagArguments.Parse(arguments, problems);
        var tree = ReadFile();
        var variables = ReadVariables();
        EnvironmentName = ChooseEnvironment(tree, variables);
        if (EnvironmentName == HostEnvironments.Development)
        {
            tree.Overlay(ReadDotEnv());
        }

        tree.Overlay(variables);
        tree.Overlay(Flags.Values);
        return tree;
    }

    private ConfigurationTree ReadFile()
    {
        var path = Path.GetFullPath(Flags.ConfigPath ?? settings.FileName, settings.WorkingDirectory);
        var shown = Flags.ConfigPath ?? settings.FileName;
        try
        {
            if (Flags.ConfigPath is null && !File.Exists(path))
            {
                return new ConfigurationTree();
            }

            var json = File.ReadAllBytes(path);
            FilePath = path;
            return JsonFile.Read(json, shown, problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(new("", CantRead(exception), new(ConfigurationTier.File, shown)));
            return new ConfigurationTree();
        }
    }

    private ConfigurationTree ReadDotEnv()
    {
        var tree = new ConfigurationTree();
        var path = Path.Combine(settings.WorkingDirectory, DotEnvName);
        try
        {
            if (!File.Exists(path))
            {
                return tree;
            }

            foreach (var line in DotEnvFile.Read(File.ReadAllText(path, Encoding.UTF8), DotEnvName, problems))
            {
                // Whatever else the file holds is meant for other programs.
                if (KeyOf(line.Key) is { } key && line.Value.Length > 0)
                {
                    tree.Set(new(key, line.Value, EntryKind.Scalar, new(ConfigurationTier.DotEnv, DotEnvName, line.Number, 1)));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(new("", CantRead(exception), new(ConfigurationTier.DotEnv, DotEnvName)));
        }

        return tree;
    }

    private ConfigurationTree ReadVariables()
    {
        var tree = new ConfigurationTree();
        foreach (var (name, value) in settings.Variables)
        {
            // An empty variable is one that is not set, as compose files and shells write it.
            if (KeyOf(name) is { } key && !string.IsNullOrEmpty(value))
            {
                tree.Set(new(key, value, EntryKind.Scalar, new(ConfigurationTier.Environment, name)));
            }
        }

        return tree;
    }

    private string? KeyOf(string variable) =>
        variable.Length > settings.VariablePrefix.Length && variable.StartsWith(settings.VariablePrefix, StringComparison.OrdinalIgnoreCase)
            ? variable[settings.VariablePrefix.Length..].Replace("__", ":", StringComparison.Ordinal)
            : null;

    private string ChooseEnvironment(ConfigurationTree file, ConfigurationTree variables)
    {
        const string Key = CausewayConfiguration.EnvironmentKey;
        var entry = Flags.Values.Find(Key)
            ?? variables.Find(Key)
            ?? Variable("CAUSEWAY_ENVIRONMENT")
            ?? Variable("DOTNET_ENVIRONMENT")
            ?? file.Find(Key);
        if (entry?.Value is null)
        {
            return HostEnvironments.Production;
        }

        if (Array.Find(Known, name => name.Equals(entry.Value, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            variables.Set(entry with { Key = Key });
            return known;
        }

        problems.Add(new(Key, $"must be one of development, staging, production, not '{entry.Value}'", entry.Origin));
        return HostEnvironments.Production;

        ConfigurationEntry? Variable(string name) =>
            settings.Variables.TryGetValue(name, out var value) && !string.IsNullOrEmpty(value)
                ? new(Key, value, EntryKind.Scalar, new(ConfigurationTier.Environment, name))
                : null;
    }

    private static string CantRead(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "does not exist",
        UnauthorizedAccessException => "can't be read: it is a directory, or access is denied",
        _ => $"can't be read: {exception.Message}",
    };
}
