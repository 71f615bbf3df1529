using System.Text.Json;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>A room as the database has it; in lists also one that is in memory alone, in the same form.</summary>
internal sealed record StoredRoom
{
    public const string Columns = "room_id, title, description, settings, created_by, created_at, updated_at, version";

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

    public bool IsStored => Version > 0;

    public RoomOverrides? Overrides => ReadOverrides(Settings);

    /// <summary>A room that is in memory alone.</summary>
    public static StoredRoom From(RoomInfo live)
    {
        var createdAt = live.CreatedAt.ToUnixTimeMilliseconds();
        return new StoredRoom { RoomId = live.Id.Value, CreatedAt = createdAt, UpdatedAt = createdAt };
    }

    public static RoomOverrides? ReadOverrides(string? settings) => settings is null ? null : JsonSerializer.Deserialize<RoomOverrides>(settings, Json);

    public static string? WriteOverrides(RoomOverrides? overrides) =>
        overrides is null || overrides == new RoomOverrides() ? null : JsonSerializer.Serialize(overrides, Json);

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
