namespace Causeway.Hosting;

/// <summary>
/// Takes configuration out of a command line: <c>--config PATH</c>, <c>--Environment NAME</c> and every flag with a colon in its name,
/// as <c>--Server:Urls=…</c> or <c>--Server:Urls …</c>. The rest is the program's.
/// </summary>
internal sealed class FlagArguments
{
    private const string Config = "config";

    public ConfigurationTree Values { get; } = new();

    public string? ConfigPath { get; private set; }

    public List<string> Rest { get; } = [];

    public static FlagArguments Parse(IReadOnlyList<string> arguments, ICollection<ConfigurationProblem> problems)
    {
        var flags = new FlagArguments();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                flags.Rest.AddRange(arguments.Skip(i));
                break;
            }

            if (!TrySplit(argument, out var name, out var value))
            {
                flags.Rest.Add(argument);
                continue;
            }

            var origin = new ConfigurationOrigin(ConfigurationTier.Flag, $"--{name}");
            if (value is null)
            {
                if (i + 1 >= arguments.Count || arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                {
                    problems.Add(new(name, $"needs a value: --{name}=VALUE", origin));
                    continue;
                }

                value = arguments[++i];
            }

            if (name.Equals(Config, StringComparison.Ordinal))
            {
                flags.ConfigPath = value;
            }
            else
            {
                flags.Values.Set(new(name, value, EntryKind.Scalar, origin));
            }
        }

        return flags;
    }

    private static bool TrySplit(string argument, out string name, out string? value)
    {
        value = null;
        name = "";
        if (!argument.StartsWith("--", StringComparison.Ordinal))
        {
            return false;
        }

        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        name = equals < 0 ? argument[2..] : argument[2..equals];
        value = equals < 0 ? null : argument[(equals + 1)..];
        return name.Contains(':', StringComparison.Ordinal)
            || name.Equals(Config, StringComparison.Ordinal)
            || name.Equals(CausewayConfiguration.EnvironmentKey, StringComparison.OrdinalIgnoreCase);
    }
}
