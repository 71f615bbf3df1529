namespace Causeway.Identity;

/// <summary>A row of <c>api_keys</c>.</summary>
internal sealed record ApiKeyRow
{
    public const string Columns = "id, prefix, hash, name, scopes, owner_id, created_at, updated_at, expires_at, last_used_at, last_used_address, revoked_at, version";

    public string Id { get; init; } = "";

    public string Prefix { get; init; } = "";

    public string Hash { get; init; } = "";

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

    public ApiKey ToApiKey() => new()
    {
        Id = Id,
        Prefix = Prefix,
        Name = Name,
        Scopes = new PermissionSet(WordList.Read(Scopes)),
        OwnerId = OwnerId,
        CreatedAt = UnixTime.From(CreatedAt),
        UpdatedAt = UnixTime.From(UpdatedAt),
        ExpiresAt = UnixTime.From(ExpiresAt),
        LastUsedAt = UnixTime.From(LastUsedAt),
        LastUsedAddress = LastUsedAddress,
        RevokedAt = UnixTime.From(RevokedAt),
        Version = Version,
    };
}
