using Causeway.Data;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>The list of rooms: those that are stored, and those that are in this node's memory alone.</summary>
internal static class RoomList
{
    public static ApiList<StoredRoom> List { get; } = new(
        "rooms",
        StoredRoom.Columns,
        "rooms",
        "room_id",
        [
            ListField.Search("q"),
            ListField.Text("room_id"),
            ListField.Text("namespace") with { Filters = FilterOperators.Equal | FilterOperators.NotEqual, IgnoresCase = true },
            ListField.Text("title") with { Filters = FilterOperators.Contains, Sortable = false, Nullable = true },
            ListField.Text("created_by") with { Filters = FilterOperators.Equal | FilterOperators.NotEqual, Sortable = false, Nullable = true },
            ListField.Boolean("permanent") with { Sortable = false },
            ListField.Time("created_at"),
            ListField.Time("updated_at"),
        ],
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["q"] = $"(room_id || '{BetweenTexts}' || COALESCE(title, ''))",

            // Whatever the table has is.
            ["permanent"] = "(1 = 1)",
        },
        id: "room_id",
        otherParameters: ["prefix", "member"],
        read: StoredRoom.Read,
        mixed: static stored => new MixedList<StoredRoom>(stored, static room => room.RoomId, ValueOf));

    /// <summary>The columns of an export. Who has which role is not among them: each room has a list of its own.</summary>
    public static CsvTable<RoomResponse> Table { get; } = new()
    {
        { "room_id", static (csv, room) => csv.Write(room.RoomId) },
        { "namespace", static (csv, room) => csv.Write(room.Namespace) },
        { "title", static (csv, room) => csv.Write(room.Title) },
        { "description", static (csv, room) => csv.Write(room.Description) },
        { "join", static (csv, room) => csv.Write(SettingWords.Write(room.Settings.Join)) },
        { "publish", static (csv, room) => csv.Write(SettingWords.Write(room.Settings.Publish)) },
        { "history", static (csv, room) => csv.Write(room.Settings.History) },
        { "history_seconds", static (csv, room) => csv.Write(room.Settings.HistorySeconds) },
        { "presence", static (csv, room) => csv.Write(room.Settings.Presence) },
        { "max_members", static (csv, room) => csv.Write(room.Settings.MaxMembers) },
        { "slow_consumer", static (csv, room) => csv.Write(SettingWords.Write(room.Settings.SlowConsumer)) },
        { "permanent", static (csv, room) => csv.Write(room.Permanent) },
        { "created_by", static (csv, room) => csv.Write(room.CreatedBy) },
        { "created_at", static (csv, room) => csv.Write(room.CreatedAt) },
        { "updated_at", static (csv, room) => csv.Write(room.UpdatedAt) },
        { "connections", static (csv, room) => csv.Write(room.Connections) },
        { "members", static (csv, room) => csv.Write(room.Members) },
    };

    public static ListExport<RoomResponse> Export { get; } = new(
        "rooms", List.Schema, AccessRule.Credential, Table, static (services, caller, asked, query) => services.GetRequiredService<RoomListing>().Stream(asked, query["prefix"], query["member"], caller));

    // Nobody looks for text that goes over a line's end.
    private const char BetweenTexts = '\n';

    /// <summary>What the columns hold, for a room in memory.</summary>
    private static object? ValueOf(StoredRoom room, string name) => name switch
    {
        "q" => room.RoomId + BetweenTexts + room.Title,
        "room_id" => room.RoomId,
        "namespace" => RoomStore.NamespaceOf(RoomId.Parse(room.RoomId)),
        "title" => room.Title,
        "created_by" => room.CreatedBy,
        "permanent" => room.IsStored,
        "created_at" => room.CreatedAt,
        "updated_at" => room.UpdatedAt,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
