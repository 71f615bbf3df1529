using System.Collections.Frozen;

namespace Causeway.Jobs;

/// <summary>The kinds of jobs this program has handlers for.</summary>
public sealed class JobKinds
{
    private readonly FrozenDictionary<string, JobRegistration> _byName;
    private readonly FrozenDictionary<Type, JobRegistration> _byType;

    /// <exception cref="InvalidOperationException">Two kinds have one name, or one type of arguments.</exception>
    internal JobKinds(IEnumerable<JobRegistration> registrations)
    {
        var all = registrations.ToList();
        if (all.GroupBy(static kind => kind.Kind).FirstOrDefault(static group => group.Count() > 1) is { } name)
        {
            throw new InvalidOperationException($"There are two jobs of the kind {name.Key}.");
        }

        if (all.GroupBy(static kind => kind.ArgsType).FirstOrDefault(static group => group.Count() > 1) is { } type)
        {
            throw new InvalidOperationException($"Two kinds of jobs take {type.Key}: {string.Join(", ", type.Select(static kind => kind.Kind))}. Give each arguments of its own.");
        }

        _byName = all.ToFrozenDictionary(static kind => kind.Kind);
        _byType = all.ToFrozenDictionary(static kind => kind.ArgsType);
        Names = [.. _byName.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Their names, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    internal IEnumerable<JobRegistration> All => _byName.Values;

    internal JobRegistration? Find(string kind) => _byName.GetValueOrDefault(kind);

    /// <exception cref="InvalidOperationException">No kind takes them.</exception>
    internal JobRegistration For(Type argsType) =>
        _byType.GetValueOrDefault(argsType) ?? throw new InvalidOperationException($"No kind of job takes {argsType}; add one with AddJob.");
}
