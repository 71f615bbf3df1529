using System.ComponentModel;

namespace Causeway.Realtime;

/// <summary>The rules of the rooms of one namespace. A property left null takes the value of the namespace <c>default</c>, and there the default named here.</summary>
public sealed class NamespaceOptions
{
    /// <summary>Messages a room's log keeps.</summary>
    /// <value>0–100,000; 0 means no log: no offsets, no recovery, at most once. Default 100.</value>
    public int? History { get; set; }

    /// <summary>How long a room's log keeps a message.</summary>
    /// <value>Seconds, 1–31,536,000. Default 300.</value>
    public int? HistorySeconds { get; set; }

    /// <summary>Whether a room's log is in the database: a publish is acknowledged after its commit, and what was acknowledged is there after a crash, at the same position. Needs an <see cref="IRoomLogStore"/>.</summary>
    /// <value>Default false: logs are in memory, and gone with the process.</value>
    public bool? Durable { get; set; }

    /// <summary>Whether members are listed and told of each other.</summary>
    /// <value>Default true.</value>
    public bool? Presence { get; set; }

    /// <summary>Who may join.</summary>
    /// <value>Default <see cref="JoinRule.Anyone"/>.</value>
    public JoinRule? Join { get; set; }

    /// <summary>Who may publish over a live connection.</summary>
    /// <value>Default <see cref="PublishRule.Members"/>.</value>
    public PublishRule? Publish { get; set; }

    /// <summary>What happens to a member whose backlog is full.</summary>
    /// <value>Default <see cref="SlowConsumerPolicy.Disconnect"/>.</value>
    public SlowConsumerPolicy? SlowConsumer { get; set; }

    /// <summary>Connections a room takes.</summary>
    /// <value>1–10,000,000. Default 100,000.</value>
    public int? MaxMembers { get; set; }

    /// <summary>Whether joining or publishing to a room that does not exist creates it.</summary>
    /// <value>Default true.</value>
    public bool? AutoCreate { get; set; }

    /// <summary>Who may create rooms that stay, through an application that asks <see cref="RoomAccess.CheckCreate"/>.</summary>
    /// <value>Default <see cref="CreateRule.Server"/>.</value>
    public CreateRule? Create { get; set; }

    internal IEnumerable<string> Validate()
    {
        if (History is < 0 or > 100_000)
        {
            yield return "History must be 0 to 100,000.";
        }

        if (HistorySeconds is < 1 or > 31_536_000)
        {
            yield return "HistorySeconds must be 1 to 31,536,000.";
        }

        if (Durable is true && History is 0)
        {
            yield return "Durable needs a History of 1 or more.";
        }

        if (MaxMembers is < 1 or > 10_000_000)
        {
            yield return "MaxMembers must be 1 to 10,000,000.";
        }
    }
}

/// <summary>Who may join a room.</summary>
[TypeConverter(typeof(WireNameConverter<JoinRule>))]
public enum JoinRule
{
    /// <summary>Whoever is let in.</summary>
    Anyone,

    /// <summary>Whoever has an identity.</summary>
    Authenticated,

    /// <summary>The users named when the room was created, or with a role in it where there is an <see cref="IRoomDirectory"/>.</summary>
    Members,

    /// <summary>Whoever has the permission <c>join:ROOM</c>.</summary>
    Permission,
}

/// <summary>Who may publish over a live connection.</summary>
[TypeConverter(typeof(WireNameConverter<PublishRule>))]
public enum PublishRule
{
    /// <summary>Whoever is in the room, but for its <see cref="RoomRole.Reader"/>s.</summary>
    Members,

    /// <summary>Whoever has an identity, in the room or not.</summary>
    Authenticated,

    /// <summary>Whoever is let in, in the room or not.</summary>
    Anyone,

    /// <summary>Nobody: only the server's code and HTTP publish.</summary>
    Server,
}

/// <summary>Who may create rooms that stay.</summary>
[TypeConverter(typeof(WireNameConverter<CreateRule>))]
public enum CreateRule
{
    /// <summary>Only the server's code and its admins.</summary>
    Server,

    /// <summary>Whoever has an identity; what they create is theirs.</summary>
    Authenticated,

    /// <summary>Whoever has the permission <c>create:ROOM</c>.</summary>
    Permission,
}

/// <summary>What happens to a member whose backlog is full.</summary>
[TypeConverter(typeof(WireNameConverter<SlowConsumerPolicy>))]
public enum SlowConsumerPolicy
{
    /// <summary>It is closed with 4008 and comes back with its last position.</summary>
    Disconnect,

    /// <summary>The oldest waiting messages go; the client is told which.</summary>
    DropOldest,

    /// <summary>Only the newest waiting message of each key stays; the client is told how many went.</summary>
    Conflate,
}
