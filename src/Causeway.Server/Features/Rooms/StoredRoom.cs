using System.Data.Common;
using System.Text;
using System.Text.Json;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>A room as the database has it; in lists also one that is in memory alone, in the same form.</summary>
internal sealed record StoredRoom
{
    /// <summary>What is read of a row of <c>rooms</c>, with the first 100 users who have a role in it: a room is one query, and so is a page of them.</summary>
    public const string Columns = $"room_id, title, description, settings, created_by, created_at, updated_at, version, ({FirstUsers}) AS users";

    private const string FirstUsers =
        $"""
        SELECT string_agg(replace(replace(listed.user_id, '\', '\\'), '{LineFeed}', '\n'), '{LineFeed}' ORDER BY listed.user_id)
        FROM (SELECT m.user_id FROM room_members m WHERE m.room_id = rooms.room_id ORDER BY m.user_id LIMIT 100) AS listed
        """;

    private const string LineFeed = "\n";

    private static readonly JsonSerializerOptions Json = MakeJson();

    public required string RoomId { get; init; }

    public string? Title { get; init; }

    public string? Description { get; init; }

    /// <summary>Where it differs from its namespace, as JSON; null for nowhere.</summary>
    public string? Settings { get; init; }

    /// <summary>The user who created it; null for an admin or the program.</summary>
    public string? CreatedBy { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>Counts its changes; 0 for a room that is in memory alone.</summary>
    public long Version { get; init; }

    /// <summary>The first users with a role in it, as <see cref="Columns"/> writes them; null for none.</summary>
    public string? Users { get; init; }

    public bool IsStored => Version > 0;

    /// <summary>The first users with a role in it, by id.</summary>
    public IReadOnlyList<string> AllowedUsers => Users is null ? [] : ReadUsers(Users);

    public RoomOverrides? Overrides => ReadOverrides(Settings);

    /// <summary>The room of a row with the <see cref="Columns"/>.</summary>
    public static StoredRoom Read(DbDataReader row) => new()
    {
        RoomId = row.GetString(0),
        Title = TextAt(row, 1),
        Description = TextAt(row, 2),
        Settings = TextAt(row, 3),
        CreatedBy = TextAt(row, 4),
        CreatedAt = row.GetInt64(5),
        UpdatedAt = row.GetInt64(6),
        Version = row.GetInt64(7),
        Users = TextAt(row, 8),
    };

    /// <summary>A room that is in memory alone.</summary>
    public static StoredRoom From(RoomInfo live)
    {
        var createdAt = live.CreatedAt.ToUnixTimeMilliseconds();
        return new StoredRoom { RoomId = live.Id.Value, CreatedAt = createdAt, UpdatedAt = createdAt };
    }

    public static RoomOverrides? ReadOverrides(string? settings) => settings is null ? null : JsonSerializer.Deserialize<RoomOverrides>(settings, Json);

    public static string? WriteOverrides(RoomOverrides? overrides) =>
        overrides is null || overrides == new RoomOverrides() ? null : JsonSerializer.Serialize(overrides, Json);

    private static string? TextAt(DbDataReader row, int place) => row.IsDBNull(place) ? null : row.GetString(place);

    /// <summary>Another system may call its users anything, so line feeds between them are line feeds of ours alone.</summary>
    private static string[] ReadUsers(string users)
    {
        var some = users.Split(LineFeed);
        if (users.Contains('\\', StringComparison.Ordinal))
        {
            for (var index = 0; index < some.Length; index++)
            {
                some[index] = Unescape(some[index]);
            }
        }

        return some;
    }

    private static string Unescape(string user)
    {
        var text = new StringBuilder(user.Length);
        for (var index = 0; index < user.Length; index++)
        {
            text.Append(user[index] != '\\' ? user[index] : user[++index] == 'n' ? '\n' : user[index]);
        }

        return text.ToString();
    }

    private static JsonSerializerOptions MakeJson()
    {
        var options = new JsonSerializerOptions { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
        ApiJson.Apply(options);

        // What a later version has written may have more than this one knows.
        options.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip;
        return options;
    }
}

/// <summary>A user's role in a stored room.</summary>
internal sealed record AllowedUser
{
    public required string UserId { get; init; }

    public long Role { get; init; }

    public long AddedAt { get; init; }

    public string? AddedBy { get; init; }
}
