namespace Causeway.Identity;

/// <summary>An account that somebody makes for somebody else.</summary>
/// <param name="Email">Its address.</param>
/// <param name="Name">A name for people, at most 200 characters.</param>
/// <param name="Password">Checked by <see cref="PasswordRules"/>; null where its owner is to choose it by a link in a mail.</param>
/// <param name="Roles">Names of roles.</param>
/// <param name="IsDisabled">Whether it can't be used yet.</param>
/// <param name="IsEmailVerified">Whether whoever makes it vouches for the address.</param>
public sealed record NewAccount(EmailAddress Email, string? Name, string? Password, IReadOnlyCollection<string> Roles, bool IsDisabled = false, bool IsEmailVerified = false)
{
    /// <summary>Leaves the password out, so that a log can't leak it.</summary>
    public override string ToString() => $"new account {Email}";
}

/// <summary>What to change of an account; null stays as it is.</summary>
public sealed record AccountChanges
{
    /// <summary>Another address; it is then not verified.</summary>
    public EmailAddress? Email { get; init; }

    /// <summary>Whether <see cref="Name"/> counts.</summary>
    public bool SetsName { get; init; }

    /// <summary>A name for people; null takes it away.</summary>
    public string? Name { get; init; }

    /// <summary>All roles it is to have.</summary>
    public IReadOnlyCollection<string>? Roles { get; init; }

    /// <summary>Whether it can be used. Disabling it ends its sessions.</summary>
    public bool? IsDisabled { get; init; }

    /// <summary>A new password, checked by <see cref="PasswordRules"/>. It ends the account's sessions.</summary>
    public string? Password { get; init; }
}
