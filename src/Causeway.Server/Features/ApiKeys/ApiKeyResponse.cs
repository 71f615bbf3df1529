using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>An API key, without its secret.</summary>
/// <param name="Id">A UUIDv7.</param>
/// <param name="Prefix">The part of the key that may be shown.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">What it may do, as far as its owner may.</param>
/// <param name="OwnerId">Whose it is; null for the service's own.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
/// <param name="LastUsedAt">When it was used last, to the minute; null where it never was.</param>
/// <param name="LastUsedAddress">From where it was used last.</param>
/// <param name="RevokedAt">When it was revoked; null while it stands.</param>
/// <param name="Version">Counts its changes; the number in its <c>ETag</c>.</param>
/// <param name="Secret">The whole key, for <c>Authorization: Bearer</c>: told when it is made, and never again.</param>
internal sealed record ApiKeyResponse(
    string Id,
    string Prefix,
    string Name,
    IReadOnlyList<string> Scopes,
    string? OwnerId,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    string? LastUsedAddress,
    DateTimeOffset? RevokedAt,
    long Version,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret = null)
{
    public static ApiKeyResponse From(ApiKey key) => new(
        key.Id, ApiKeySecret.Marker + key.Prefix, key.Name, [.. key.Scopes], key.OwnerId, key.CreatedAt, key.UpdatedAt, key.ExpiresAt, key.LastUsedAt, key.LastUsedAddress, key.RevokedAt, key.Version);
}

/// <summary>The rules of API keys.</summary>
internal static class ApiKeyRules
{
    public const int MaxNameLength = 100;
    public const int MaxScopes = 100;
    public const string NameRule = "Must be 1 to 100 characters, none of them a control character.";
    public const string ScopesRule = "Must be 1 to 100 permissions of A-Z a-z 0-9 _ . : -, with * at the end only.";
    public const string ExpiryRule = "Must lie in the future.";

    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such key.");

    /// <summary>A key that was made with a key, or with a token of another system, would outlive it, and nobody would know what its owner may do.</summary>
    public static ApiError NotForKeys { get; } = new(ErrorCode.Forbidden, "Keys are made by accounts and admins: neither a key nor a token of another system makes one.")
    {
        Details = new JsonObject { ["reason"] = "needs_account" },
    };

    public static bool IsName(string name) => name.Length <= MaxNameLength && AccountRules.IsName(name);

    public static bool AreScopes(IReadOnlyList<string>? scopes) => scopes is { Count: > 0 and <= MaxScopes } && scopes.All(PermissionSet.IsWellFormed);

    /// <summary>Whether a caller may see and change a key: their own, and all with everything.</summary>
    public static bool IsFor(Caller caller, ApiKey key) => caller.IsAdmin || key.OwnerId is not null && key.OwnerId == caller.UserId;
}
