namespace Causeway.Identity;

/// <summary>A row of <c>roles</c>.</summary>
internal sealed record RoleRow
{
    public string Name { get; init; } = "";

    public string? Description { get; init; }

    public string Permissions { get; init; } = "[]";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    public long Version { get; init; }

    public Role ToRole() => new()
    {
        Name = Name,
        Description = Description,
        Permissions = new PermissionSet(WordList.Read(Permissions)),
        CreatedAt = UnixTime.From(CreatedAt),
        UpdatedAt = UnixTime.From(UpdatedAt),
        Version = Version,
    };
}
