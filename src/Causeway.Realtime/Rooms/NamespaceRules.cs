using System.Collections.Frozen;

namespace Causeway.Realtime;

/// <summary>The rules of one namespace, with nothing left open.</summary>
internal sealed record NamespaceRules
{
    public const string DefaultName = "default";

    public required string Name { get; init; }

    public required int History { get; init; }

    public required TimeSpan HistoryAge { get; init; }

    public required bool Presence { get; init; }

    public required JoinRule Join { get; init; }

    public required PublishRule Publish { get; init; }

    public required SlowConsumerPolicy SlowConsumer { get; init; }

    public required int MaxMembers { get; init; }

    public required bool AutoCreate { get; init; }

    public required CreateRule Create { get; init; }

    public required bool Durable { get; init; }

    public bool HasHistory => History > 0;

    /// <summary>Whether there are other nodes that share these rooms.</summary>
    public bool Shared { get; init; }

    /// <summary>Whether the log is in a store: of durable rooms, and of all that nodes share.</summary>
    public bool IsStored => HasHistory && KeepsLogs;

    /// <summary>Whether a log would be stored, if there is one.</summary>
    public bool KeepsLogs => Durable || Shared;

    /// <summary>Whether something comes before anybody is let in: its log and who is in it on other nodes are read, and the other nodes are heard.</summary>
    public bool HasToBeOpened => IsStored || Shared;

    private static NamespaceRules BuiltIn { get; } = new()
    {
        Name = DefaultName,
        History = 100,
        HistoryAge = TimeSpan.FromSeconds(300),
        Durable = false,
        Presence = true,
        Join = JoinRule.Anyone,
        Publish = PublishRule.Members,
        SlowConsumer = SlowConsumerPolicy.Disconnect,
        MaxMembers = 100_000,
        AutoCreate = true,
        Create = CreateRule.Server,
    };

    /// <summary>All namespaces by name, without case; a namespace that is not there follows <c>default</c>.</summary>
    /// <param name="namespaces">As configured.</param>
    /// <param name="shared">Whether there are other nodes.</param>
    public static FrozenDictionary<string, NamespaceRules> Resolve(IEnumerable<KeyValuePair<string, NamespaceOptions>> namespaces, bool shared)
    {
        var options = new Dictionary<string, NamespaceOptions>(namespaces, StringComparer.OrdinalIgnoreCase);
        var fallback = options.TryGetValue(DefaultName, out var own) ? Fill(DefaultName, own, BuiltIn) : BuiltIn;
        options.Remove(DefaultName);
        return options
            .Select(pair => Fill(pair.Key, pair.Value, fallback))
            .Append(fallback)
            .Select(rules => rules with { Shared = shared })
            .ToFrozenDictionary(static rules => rules.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The rules of one room that differs from its namespace.</summary>
    public NamespaceRules With(RoomOverrides? overrides) => overrides is null ? this : this with
    {
        History = overrides.History ?? History,
        HistoryAge = overrides.HistorySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : HistoryAge,
        Presence = overrides.Presence ?? Presence,
        Join = overrides.Join ?? Join,
        Publish = overrides.Publish ?? Publish,
        SlowConsumer = overrides.SlowConsumer ?? SlowConsumer,
        MaxMembers = overrides.MaxMembers ?? MaxMembers,
    };

    private static NamespaceRules Fill(string name, NamespaceOptions options, NamespaceRules fallback) => new()
    {
        Name = name,
        History = options.History ?? fallback.History,
        HistoryAge = options.HistorySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : fallback.HistoryAge,
        Durable = options.Durable ?? fallback.Durable,
        Presence = options.Presence ?? fallback.Presence,
        Join = options.Join ?? fallback.Join,
        Publish = options.Publish ?? fallback.Publish,
        SlowConsumer = options.SlowConsumer ?? fallback.SlowConsumer,
        MaxMembers = options.MaxMembers ?? fallback.MaxMembers,
        AutoCreate = options.AutoCreate ?? fallback.AutoCreate,
        Create = options.Create ?? fallback.Create,
    };
}
