using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>The list of API keys.</summary>
internal static class ApiKeyList
{
    public static ApiList<Row> List { get; } = new(
        "api_keys",
        "id, prefix, name, scopes, owner_id, created_at, updated_at, expires_at, last_used_at, last_used_address, revoked_at, version",
        "api_keys",
        "-created_at",
        [
            ListField.Text("name"),
            ListField.Text("owner_id") with { Filters = FilterOperators.Equal, Sortable = false, Nullable = true },
            ListField.Time("created_at"),
            ListField.Time("expires_at") with { Nullable = true },
            ListField.Time("last_used_at") with { Nullable = true },
            ListField.Time("revoked_at") with { Nullable = true },
        ]);

    /// <summary>Everybody's own; with everything, all.</summary>
    public static ListScope Scope(Caller caller) => caller.IsAdmin ? ListScope.All : new ListScope("owner_id = @owner", new { owner = caller.UserId ?? "" });

    public static ApiKeyResponse Shape(Row row) => new(
        row.Id, ApiKeySecret.Marker + row.Prefix, row.Name, Words.Read(row.Scopes), row.OwnerId, Moments.From(row.CreatedAt), Moments.From(row.UpdatedAt), Moments.From(row.ExpiresAt), Moments.From(row.LastUsedAt), row.LastUsedAddress, Moments.From(row.RevokedAt), row.Version);

    /// <summary>A row.</summary>
    internal sealed record Row
    {
        public string Id { get; init; } = "";

        public string Prefix { get; init; } = "";

        public string Name { get; init; } = "";

        public string Scopes { get; init; } = "[]";

        public string? OwnerId { get; init; }

        public long CreatedAt { get; init; }

        public long UpdatedAt { get; init; }

        public long? ExpiresAt { get; init; }

        public long? LastUsedAt { get; init; }

        public string? LastUsedAddress { get; init; }

        public long? RevokedAt { get; init; }

        public long Version { get; init; }
    }
}
