using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Causeway.Hosting;

/// <summary>
/// The service's configuration: defaults, then the file, then <c>.env</c> in development, then environment variables, then flags; a later
/// one wins. Whatever is wrong is collected, so that all of it can be told at once.
/// </summary>
/// <remarks>
/// A list is replaced as a whole by a later tier. An empty environment variable counts as not set; <c>null</c> in the file leaves the default.
/// Not safe for use by several threads at once.
/// </remarks>
public sealed class CausewayConfiguration
{
    /// <summary>The key that says where the service runs: development, staging or production.</summary>
    public const string EnvironmentKey = "Environment";

    private readonly ConfigurationTree _tree;
    private readonly List<ConfigurationProblem> _problems;
    private readonly Dictionary<string, (object Options, OptionsShape.Object Shape)> _sections = new(StringComparer.OrdinalIgnoreCase);

    private CausewayConfiguration(ConfigurationTree tree, ConfigurationLoader loader, List<ConfigurationProblem> problems)
    {
        _tree = tree;
        _problems = problems;
        EnvironmentName = loader.EnvironmentName;
        FilePath = loader.FilePath;
        RemainingArguments = loader.Flags.Rest;
    }

    /// <summary><c>Development</c>, <c>Staging</c> or <c>Production</c>: the flag <c>--Environment</c>, <c>CAUSEWAY__Environment</c>,
    /// <c>CAUSEWAY_ENVIRONMENT</c>, <c>DOTNET_ENVIRONMENT</c>, the file's <c>Environment</c>, in this order; else production.</summary>
    public string EnvironmentName { get; }

    /// <summary>Whether <see cref="EnvironmentName"/> is <c>Development</c>.</summary>
    public bool IsDevelopment => EnvironmentName == Microsoft.Extensions.Hosting.Environments.Development;

    /// <summary>The full path of the file that was read; null when there was none.</summary>
    public string? FilePath { get; }

    /// <summary>The arguments that are not configuration, in their order: the program's verbs and options.</summary>
    public IReadOnlyList<string> RemainingArguments { get; }

    /// <summary>Everything found wrong so far. Keys that nothing reads count as wrong, so ask after the last <see cref="Bind{T}"/>.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems => [.. _problems, .. UnknownKeys.Find(_tree, Root())];

    /// <summary>Reads all tiers. Never throws for what a user wrote: see <see cref="Problems"/>.</summary>
    /// <param name="args">The command line; flags with a colon in their name, <c>--config PATH</c> and <c>--Environment NAME</c> are taken from it.</param>
    /// <param name="configure">Changes where things are looked for.</param>
    /// <returns>The configuration, with sections still to be bound.</returns>
    public static CausewayConfiguration Load(IReadOnlyList<string> args, Action<CausewayConfigurationSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(args);
        var settings = new CausewayConfigurationSettings();
        configure?.Invoke(settings);
        var problems = new List<ConfigurationProblem>();
        var loader = new ConfigurationLoader(settings, problems);
        var tree = loader.Load(args);
        return new CausewayConfiguration(tree, loader, problems);
    }

    /// <summary>Binds a section to a new options object and checks it: attributes, <see cref="System.ComponentModel.DataAnnotations.IValidatableObject"/>, then <paramref name="validate"/>.</summary>
    /// <typeparam name="T">The options class. Its properties name the section's keys.</typeparam>
    /// <param name="section">The section's name, without colons, such as <c>Server</c>. Bound once.</param>
    /// <param name="validate">Rules that the class can't hold itself; keys relative to the section.</param>
    /// <returns>The options; where a value was wrong, the default stands.</returns>
    public T Bind<T>(string section, Func<T, IEnumerable<ConfigurationProblem>>? validate = null)
        where T : class, new()
    {
        ArgumentException.ThrowIfNullOrEmpty(section);
        if (section.Contains(':', StringComparison.Ordinal) || _sections.ContainsKey(section))
        {
            throw new ArgumentException($"'{section}' is not the name of a section that is still to be bound.", nameof(section));
        }

        var options = new T();
        var shape = Shape<T>();
        var before = _problems.Count;
        new OptionsBinder(_tree, _problems).Fill(options, shape, section);
        _sections.Add(section, (options, shape));

        var unread = _problems.Skip(before).Select(static problem => problem.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = OptionsValidator.Validate(options, shape, section)
            .Concat((validate?.Invoke(options) ?? []).Select(problem => problem with { Key = ConfigurationTree.Join(section, problem.Key) }));
        foreach (var problem in found)
        {
            // A value that could not be read was told already; its default is not the user's fault.
            if (!unread.Contains(problem.Key))
            {
                _problems.Add(problem with { Source = problem.Source ?? _tree.OriginOf(problem.Key) ?? ConfigurationOrigin.Default });
            }
        }

        return options;
    }

    /// <summary>Writes a section's values over an options object that something else made, such as in <c>services.Configure</c>. Reports nothing: bind the section first.</summary>
    /// <typeparam name="T">The options class.</typeparam>
    /// <param name="section">The section's name.</param>
    /// <param name="target">Receives the values; what is not configured stays as it is.</param>
    public void Apply<T>(string section, T target)
        where T : class, new()
    {
        ArgumentException.ThrowIfNullOrEmpty(section);
        ArgumentNullException.ThrowIfNull(target);
        new OptionsBinder(_tree, []).Fill(target, Shape<T>(), section);
    }

    /// <summary>Where a key's value comes from; <see cref="ConfigurationTier.Default"/> when nobody set it.</summary>
    /// <param name="key">The full key.</param>
    /// <returns>The place.</returns>
    public ConfigurationOrigin OriginOf(string key) => _tree.OriginOf(key) ?? ConfigurationOrigin.Default;

    /// <summary>Ends the start when anything is wrong.</summary>
    /// <exception cref="ConfigurationException">With all problems.</exception>
    public void ThrowIfInvalid()
    {
        if (Problems is { Count: > 0 } problems)
        {
            throw new ConfigurationException(problems);
        }
    }

    /// <summary>The effective values of all bound sections, with where each comes from and secrets masked.</summary>
    /// <returns>A picture of this moment.</returns>
    public ConfigurationView View() => ConfigurationView.Of(this, _tree, _sections.Select(static pair => (pair.Key, pair.Value.Options, pair.Value.Shape)));

    /// <summary>The file that the bound sections make up, as a JSON Schema (2020-12) for editors. Descriptions come from the XML documentation files beside the program; without them it has none.</summary>
    /// <param name="title">The schema's title.</param>
    /// <param name="hidden">Full keys that are left out, such as one that has its place in another section; <c>*</c> stands for a name or a position.</param>
    /// <returns>Indented JSON, the last line ended too.</returns>
    public string ToJsonSchema(string title, params IEnumerable<string> hidden)
    {
        ArgumentException.ThrowIfNullOrEmpty(title);
        return new ConfigurationSchema(hidden.ToHashSet(StringComparer.OrdinalIgnoreCase)).Write(title, _sections.Select(static pair => (pair.Key, pair.Value.Shape)));
    }

    /// <summary>Keys whose value in another configuration is not the one here; secrets are compared, not shown.</summary>
    /// <param name="other">Read later, say; bound like this one.</param>
    /// <returns>Full keys in their order by name.</returns>
    public IReadOnlyList<string> ChangedKeys(CausewayConfiguration other) => [.. Changes(other).Select(static change => change.Key)];

    /// <summary>The same with the values, secrets masked.</summary>
    /// <param name="other">Read later, say; bound like this one.</param>
    /// <returns>In the order of the keys.</returns>
    public IReadOnlyList<ConfigurationChange> Changes(CausewayConfiguration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (before, after) = (EffectiveValues(), other.EffectiveValues());
        return [.. before.Keys.Union(after.Keys, StringComparer.OrdinalIgnoreCase)
            .Where(key => !string.Equals(Value(before, _tree, key), Value(after, other._tree, key), StringComparison.Ordinal))
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(key => new ConfigurationChange(key, before.GetValueOrDefault(key)?.Value, after.GetValueOrDefault(key)?.Value))];

        // A secret is masked in the view; what was written tells whether it is the same.
        static string? Value(Dictionary<string, ConfigurationViewEntry> view, ConfigurationTree tree, string key) =>
            view.GetValueOrDefault(key) is { IsSecret: false, Value: var shown } ? shown : tree.Find(key)?.Value;
    }

    internal IConfigurationSource ToSource() => new MemoryConfigurationSource
    {
        InitialData = _tree.Entries.Where(static entry => entry.Kind == EntryKind.Scalar)
            .Select(static entry => KeyValuePair.Create(entry.Key, entry.Value)),
    };

    private static OptionsShape.Object Shape<T>() =>
        OptionsShape.Of(typeof(T)) as OptionsShape.Object ?? throw new NotSupportedException($"{typeof(T)} is no class of options.");

    private Dictionary<string, ConfigurationViewEntry> EffectiveValues() =>
        View().Entries.ToDictionary(static entry => entry.Key, StringComparer.OrdinalIgnoreCase);

    private OptionsShape.Object Root()
    {
        var properties = _sections.ToDictionary(
            static pair => pair.Key,
            static pair => new OptionsShape.Property(pair.Key, pair.Value.Shape),
            StringComparer.OrdinalIgnoreCase);
        properties.Add(EnvironmentKey, new(EnvironmentKey, OptionsShape.Of(typeof(string))));
        return new(typeof(CausewayConfiguration), properties);
    }
}
