using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>What a room may be created or changed with.</summary>
internal static class RoomRules
{
    public const int MaxTitleLength = 200;
    public const int MaxDescriptionLength = 2_000;
    public const int MaxAllowedUsers = 10_000;
    public const string ReservedRule = "Is where all rooms are exported, so a room of that name could not be shown; take another.";

    /// <summary>Whether the API has something else where a room of this name would be; paths are compared without case.</summary>
    public static bool IsReserved(string? roomId) =>
        string.Equals(roomId, "export.csv", StringComparison.OrdinalIgnoreCase) || string.Equals(roomId, "export.ndjson", StringComparison.OrdinalIgnoreCase);

    /// <summary>The roles in a new room: those who are allowed are members, and the user who makes it owns it.</summary>
    public static Dictionary<string, RoomRole> RolesOf(IReadOnlyList<string>? allowedUsers, Caller creator)
    {
        var roles = (allowedUsers ?? []).Distinct(StringComparer.Ordinal).ToDictionary(static user => user, static _ => RoomRole.Member, StringComparer.Ordinal);
        if (creator.UserId is { } owner)
        {
            roles[owner] = RoomRole.Owner;
        }

        return roles;
    }

    public static void Check(FieldErrors errors, string? title, string? description, RoomSettingsDocument? settings, IReadOnlyList<string>? allowedUsers)
    {
        errors.Check(title is null or { Length: > 0 and <= MaxTitleLength }, "title", $"Must be 1 to {MaxTitleLength} characters.");
        errors.Check(description is null or { Length: > 0 and <= MaxDescriptionLength }, "description", $"Must be 1 to {MaxDescriptionLength} characters.");
        settings?.Check(errors);
        errors.Check(
            allowedUsers is null || allowedUsers.Count <= MaxAllowedUsers && allowedUsers.All(Wire.IsUserId),
            "allowed_users",
            $"Must be at most {MaxAllowedUsers} users of 1 to {Wire.MaxUserIdLength} characters.");
    }
}
