using System.Globalization;

namespace Causeway.Identity;

/// <summary>Writes the texts. Plain text alone: there is nothing to track, to block or to get wrong.</summary>
internal static class MailWriter
{
    /// <summary>Whether a mail of this kind has a link in it.</summary>
    public static bool HasLink(MailKind kind) => kind is MailKind.Verification or MailKind.Reset or MailKind.Invitation;

    /// <summary>Writes one.</summary>
    /// <param name="id">The same for each try.</param>
    /// <param name="kind">What it is for.</param>
    /// <param name="to">Whom it is for.</param>
    /// <param name="token">The link's secret; null where there is none.</param>
    /// <param name="expiresAt">When the link ends.</param>
    /// <param name="options">Where links lead.</param>
    public static Mail Write(string id, MailKind kind, EmailAddress to, string? token, DateTimeOffset expiresAt, MailOptions options)
    {
        var end = expiresAt.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
        return kind switch
        {
            MailKind.Verification => Make(
                "Confirm your address",
                $"""
                Please confirm that {to} is your address:

                {Link(options.VerifyUrl, token)}

                The link works once, until {end}.
                If you have not registered anywhere, ignore this mail: nothing happens without the link.
                """),
            MailKind.Reset => Make(
                "Choose a new password",
                $"""
                Somebody asked for a new password for the account of {to}. If that was you, choose it here:

                {Link(options.ResetUrl, token)}

                The link works once, until {end}.
                If it was not you, ignore this mail: your password stays as it is.
                """),
            MailKind.Invitation => Make(
                "An account was made for you",
                $"""
                An account was made for {to}. Choose your password here:

                {Link(options.ResetUrl, token)}

                The link works once, until {end}. After that, ask for a new password where you log in.
                """),
            MailKind.Welcome => Make(
                "Welcome",
                $"""
                Your address {to} is confirmed, and your account is ready.
                """),
            MailKind.AlreadyRegistered => Make(
                "You have an account already",
                $"""
                Somebody tried to register with {to}, which has an account already. Nothing was changed.

                If that was you and you have forgotten your password, ask for a new one where you log in.
                If it was not you, there is nothing to do.
                """),
            MailKind.PasswordChanged => Make(
                "Your password was changed",
                $"""
                The password of the account of {to} was changed, and it was logged out everywhere else.

                If that was not you, ask for a new password where you log in, and tell whoever runs the service.
                """),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

        Mail Make(string subject, string text) => new(id, kind, to, subject, text.ReplaceLineEndings("\r\n") + "\r\n");
    }

    private static string Link(string url, string? token) => url.Replace(MailOptions.TokenMark, token, StringComparison.Ordinal);
}
