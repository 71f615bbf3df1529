using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Where a room differs from its namespace; what is absent is the namespace's.</summary>
internal sealed record RoomSettingsDocument
{
    private const int MaxHistory = 100_000;
    private const int MaxHistorySeconds = 31_536_000;
    private const int MostMembers = 10_000_000;

    private static readonly RoomSettingsDocument Nowhere = new();

    /// <summary>Messages the log keeps, 0–100,000; 0 means no log. A room that is in use keeps the log it has, or has none, until it is closed.</summary>
    [Range(0, MaxHistory)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? History { get; init; }

    /// <summary>How long the log keeps a message, in seconds.</summary>
    [Range(1, MaxHistorySeconds)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? HistorySeconds { get; init; }

    /// <summary>Whether members are listed and told of each other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Presence { get; init; }

    /// <summary>Who may join: <c>anyone</c>, <c>authenticated</c>, <c>members</c> or <c>permission</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JoinRule? Join { get; init; }

    /// <summary>Who may publish: <c>members</c>, <c>authenticated</c>, <c>anyone</c> or <c>server</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PublishRule? Publish { get; init; }

    /// <summary>What happens to a member whose backlog is full: <c>disconnect</c>, <c>drop_oldest</c> or <c>conflate</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SlowConsumerPolicy? SlowConsumer { get; init; }

    /// <summary>Connections the room takes.</summary>
    [Range(1, MostMembers)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxMembers { get; init; }

    public static RoomSettingsDocument From(RoomOverrides? overrides) => overrides is null ? Nowhere : new()
    {
        History = overrides.History,
        HistorySeconds = overrides.HistorySeconds,
        Presence = overrides.Presence,
        Join = overrides.Join,
        Publish = overrides.Publish,
        SlowConsumer = overrides.SlowConsumer,
        MaxMembers = overrides.MaxMembers,
    };

    public RoomOverrides ToOverrides() => new()
    {
        History = History,
        HistorySeconds = HistorySeconds,
        Presence = Presence,
        Join = Join,
        Publish = Publish,
        SlowConsumer = SlowConsumer,
        MaxMembers = MaxMembers,
    };

    public void Check(FieldErrors errors)
    {
        errors.Check(History is null or (>= 0 and <= MaxHistory), "settings.history", $"Must be 0 to {MaxHistory}.");
        errors.Check(HistorySeconds is null or (>= 1 and <= MaxHistorySeconds), "settings.history_seconds", $"Must be 1 to {MaxHistorySeconds}.");
        errors.Check(MaxMembers is null or (>= 1 and <= MostMembers), "settings.max_members", $"Must be 1 to {MostMembers}.");
    }
}
