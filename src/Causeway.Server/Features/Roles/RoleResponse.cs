using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>A role.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Permissions">What whoever has it may do.</param>
/// <param name="BuiltIn">Whether it belongs to the service and can't be deleted.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
/// <param name="Version">Counts its changes; the number in its <c>ETag</c>.</param>
internal sealed record RoleResponse(
    string Name, string? Description, IReadOnlyList<string> Permissions, bool BuiltIn, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version)
{
    public static RoleResponse From(Role role) => new(role.Name, role.Description, [.. role.Permissions], role.IsBuiltIn, role.CreatedAt, role.UpdatedAt, role.Version);
}

/// <summary>What roles are refused with, and their rules.</summary>
internal static class RoleRules
{
    public const int MaxPermissions = 200;
    public const int MaxDescriptionLength = 200;
    public const string NamePattern = "^[a-z][a-z0-9_-]{0,63}$";
    public const string NameRule = "Must be 1 to 64 of a-z 0-9 _ -, beginning with a letter.";
    public const string DescriptionRule = "Must be 1 to 200 characters, none of them a control character.";
    public const string PermissionsRule = "Must be at most 200 of 1 to 160 characters of A-Z a-z 0-9 _ . : -, with * at the end only.";

    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such role.");

    public static ApiError BuiltIn { get; } = new(ErrorCode.Conflict, "This role belongs to the service and stays as it is.");

    public static ApiError InUse(long users) => new(ErrorCode.Conflict, "Accounts have this role; take it away from them first.") { Details = new JsonObject { ["users"] = users } };

    public static bool ArePermissions(IReadOnlyList<string>? permissions) => permissions is { Count: <= MaxPermissions } && permissions.All(PermissionSet.IsWellFormed);
}
