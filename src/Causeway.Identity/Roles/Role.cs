namespace Causeway.Identity;

/// <summary>A name for what several accounts may do.</summary>
public sealed record Role
{
    /// <summary>May do everything; can't be changed or deleted.</summary>
    public const string Admin = "admin";

    /// <summary>Whoever registers has it; it may be changed, not deleted.</summary>
    public const string User = "user";

    /// <summary>1–64 of <c>a-z 0-9 _ -</c>, beginning with a letter.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, at most 200 characters.</summary>
    public string? Description { get; init; }

    /// <summary>What whoever has it may do.</summary>
    public required PermissionSet Permissions { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Counts its changes, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>Whether it belongs to the service.</summary>
    public bool IsBuiltIn => Name is Admin or User;

    /// <summary>Whether a text may name a role.</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= 64 } && char.IsAsciiLetterLower(name[0]) && name.All(static character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '_' or '-');
}
