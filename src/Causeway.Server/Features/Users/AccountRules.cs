using Causeway.Identity;

namespace Causeway.Server;

/// <summary>The rules for what requests say of accounts, in one place.</summary>
internal static class AccountRules
{
    public const int MaxNameLength = 200;
    public const int MaxRoles = 50;
    public const int MaxDeviceLength = 200;

    public const string EmailRule = "Must be an e-mail address.";
    public const string NameRule = "Must be 1 to 200 characters, none of them a control character.";
    public const string PasswordRule = "Must be 1 to 512 characters.";
    public const string RolesRule = "Must be at most 50 names of roles, each once.";
    public const string DeviceRule = "Must be 1 to 200 characters, none of them a control character.";
    public const string TokenRule = "Must be 1 to 200 characters.";

    public static bool IsName(string name) => name is { Length: > 0 and <= MaxNameLength } && IsLine(name);

    public static bool IsDevice(string device) => device is { Length: > 0 and <= MaxDeviceLength } && IsLine(device);

    public static bool AreRoles(IReadOnlyList<string> roles) =>
        roles.Count <= MaxRoles && roles.All(Role.IsName) && roles.Distinct(StringComparer.Ordinal).Count() == roles.Count;

    /// <summary>Reads an address, and notes where it is none.</summary>
    public static EmailAddress? Email(FieldErrors errors, string? text, string field = "email")
    {
        errors.Check(EmailAddress.TryParse(text, null, out var email), field, EmailRule);
        return email;
    }

    /// <summary>Notes what a new password breaks.</summary>
    public static void NewPassword(FieldErrors errors, string? password, EmailAddress? email, string field = "password")
    {
        if (PasswordRules.Check(password, email) is { } rule)
        {
            errors.Add(field, rule);
        }
    }

    private static bool IsLine(string text) => !text.Any(char.IsControl);
}
