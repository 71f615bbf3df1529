namespace Causeway.Identity;

/// <summary>What a mail is for.</summary>
public enum MailKind
{
    /// <summary>Asks whoever has the address to confirm it.</summary>
    Verification = 1,

    /// <summary>Lets whoever has the address choose a new password.</summary>
    Reset,

    /// <summary>Greets an account whose address is confirmed.</summary>
    Welcome,

    /// <summary>Lets somebody whose account was made for them choose their first password.</summary>
    Invitation,

    /// <summary>Tells that somebody tried to register with the address of an account.</summary>
    AlreadyRegistered,

    /// <summary>Tells that the password was changed.</summary>
    PasswordChanged,
}
