namespace Causeway.Identity;

/// <summary>What became of a change to an account.</summary>
public enum AccountStatus
{
    /// <summary>It is done.</summary>
    Done = 1,

    /// <summary>There is no such account.</summary>
    NotFound,

    /// <summary>Another account has the address.</summary>
    EmailTaken,

    /// <summary>Some role does not exist; <see cref="AccountResult.UnknownRoles"/> says which.</summary>
    UnknownRoles,

    /// <summary>It is not the version that was to be changed.</summary>
    OtherVersion,

    /// <summary>The password that was to prove who asks is wrong.</summary>
    WrongPassword,

    /// <summary>The link has been used, has ended, or never was.</summary>
    LinkIsOver,

    /// <summary>Too many wrong passwords: come back after <see cref="AccountResult.RetryAfter"/>.</summary>
    SlowedDown,

    /// <summary>Too many passwords are being hashed: come back in a second.</summary>
    Busy,
}

/// <summary>The result of a change to an account.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Account">As it is now; null where it was not done, or is gone.</param>
/// <param name="UnknownRoles">The roles that do not exist.</param>
/// <param name="RetryAfter">When to try again.</param>
public readonly record struct AccountResult(AccountStatus Status, Account? Account = null, IReadOnlyList<string>? UnknownRoles = null, TimeSpan? RetryAfter = null);
