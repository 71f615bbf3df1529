namespace Causeway.Identity;

/// <summary>What became of a password.</summary>
public enum PasswordStatus
{
    /// <summary>It is right, or was hashed.</summary>
    Right = 1,

    /// <summary>It is wrong, or there is none to compare it with.</summary>
    Wrong,

    /// <summary>Too many are being hashed; nothing was done. Come back in a second.</summary>
    Busy,
}

/// <summary>The result of hashing or checking a password.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="NewHash">What to store: of a new password, or of a right one whose hash was made with other parameters; else null.</param>
public readonly record struct PasswordResult(PasswordStatus Status, string? NewHash = null);
