namespace Causeway.Identity;

/// <summary>A row of <c>users</c>.</summary>
internal sealed record AccountRow
{
    public const string Columns = "id, email, email_key, name, password_hash, roles, disabled, email_verified_at, security_version, created_at, updated_at, last_login_at, version";

    public string Id { get; init; } = "";

    public string Email { get; init; } = "";

    public string EmailKey { get; init; } = "";

    public string? Name { get; init; }

    public string? PasswordHash { get; init; }

    public string Roles { get; init; } = "[]";

    public bool Disabled { get; init; }

    public long? EmailVerifiedAt { get; init; }

    public long SecurityVersion { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    public long? LastLoginAt { get; init; }

    public long Version { get; init; }

    public Account ToAccount() => new()
    {
        Id = Id,
        Email = Email,
        Name = Name,
        Roles = WordList.Read(Roles),
        IsDisabled = Disabled,
        EmailVerifiedAt = UnixTime.From(EmailVerifiedAt),
        HasPassword = PasswordHash is not null,
        CreatedAt = UnixTime.From(CreatedAt),
        UpdatedAt = UnixTime.From(UpdatedAt),
        LastLoginAt = UnixTime.From(LastLoginAt),
        Version = Version,
    };
}
