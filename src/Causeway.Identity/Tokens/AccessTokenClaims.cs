using System.Text.Json;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>What an access token says. Nothing of it is looked up: whether its account and session still stand is for <see cref="AccessStates"/>.</summary>
public sealed record AccessTokenClaims
{
    /// <summary>Whom it is of (<c>sub</c>): an account's id, or whatever another system calls its user; 1–128 characters.</summary>
    public required string UserId { get; init; }

    /// <summary>A name for people; null where the token carries none.</summary>
    public string? Name { get; init; }

    /// <summary>The roles of a token of another system; an account's are looked up.</summary>
    public IReadOnlySet<string> Roles { get; init; } = new HashSet<string>();

    /// <summary>The permissions of a token of another system, and all of them where it names the role <c>admin</c>; an account's are looked up.</summary>
    public required PermissionSet Permissions { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The account's session (<c>sid</c>); null for a token of another system, which stands for itself.</summary>
    public string? SessionId { get; init; }

    /// <summary>The account's security version (<c>sv</c>) when it was issued.</summary>
    public long SecurityVersion { get; init; }

    internal static AccessTokenClaims From(string userId, DateTimeOffset expiresAt, JsonElement claims) => new()
    {
        UserId = userId,
        ExpiresAt = expiresAt,
        Name = Text(claims, "name"),
        Roles = Strings(claims, "roles"),
        Permissions = PermissionsOf(claims),
        SessionId = Text(claims, "sid"),
        SecurityVersion = claims.TryGetProperty("sv", out var version) && version.ValueKind == JsonValueKind.Number && version.TryGetInt64(out var number) ? number : 0,
    };

    /// <summary>What is no permission is left out: another issuer may have words of its own there.</summary>
    private static PermissionSet PermissionsOf(JsonElement claims) => Strings(claims, "roles").Contains(Role.Admin)
        ? PermissionSet.Everything
        : new PermissionSet(Strings(claims, "permissions").Where(PermissionSet.IsWellFormed));

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? DatabaseText.Keep(value.GetString()!) : null;

    /// <summary>A claim that is a list of strings; another issuer may write a list of one as the string itself.</summary>
    private static HashSet<string> Strings(JsonElement claims, string name)
    {
        var strings = new HashSet<string>(StringComparer.Ordinal);
        if (!claims.TryGetProperty(name, out var value))
        {
            return strings;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            strings.Add(value.GetString()!);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            strings.UnionWith(value.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!));
        }

        return strings;
    }
}
