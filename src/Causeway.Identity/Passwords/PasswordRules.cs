using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Causeway.Identity;

/// <summary>Which passwords are taken: long enough, not among the commonest, not the account's own address. No rules of composition (NIST SP 800-63B §3.1.1.2).</summary>
public static class PasswordRules
{
    /// <summary>The fewest characters.</summary>
    public const int MinLength = 8;

    /// <summary>The most characters. Hashing costs no more for a longer one, but reading it would.</summary>
    public const int MaxLength = 128;

    /// <summary>The longest text that is compared with a password.</summary>
    public const int MaxCheckedLength = 4 * MaxLength;

    private static readonly FrozenSet<string> Common = Load();

    /// <summary>The rule a new password breaks, as one sentence; null where it breaks none.</summary>
    /// <param name="password">The new password.</param>
    /// <param name="email">The account's address; null where it isn't known.</param>
    public static string? Check(string? password, EmailAddress? email)
    {
        if (password is null || !IsText(password, out var length) || length is < MinLength or > MaxLength)
        {
            return "Must be 8 to 128 characters.";
        }

        if (Common.Contains(password.ToLowerInvariant()) || password.Distinct().Count() < 3)
        {
            return "Is one of the passwords that are guessed first.";
        }

        if (email is not null && (Same(password, email.Value) || Same(password, email.Value[..email.Value.LastIndexOf('@')])))
        {
            return "Must not be the address.";
        }

        return null;
    }

    /// <summary>Whether a password that is only compared may be looked at: one that is far too long isn't worth the time.</summary>
    public static bool IsWorthChecking(string? password) => password is { Length: > 0 and <= MaxCheckedLength };

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    /// <summary>Counts characters as people do, and refuses half of a surrogate pair: different ones would have the same hash.</summary>
    private static bool IsText(ReadOnlySpan<char> text, out int length)
    {
        for (length = 0; !text.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var consumed) != OperationStatus.Done)
            {
                return false;
            }

            text = text[consumed..];
        }

        return true;
    }

    private static FrozenSet<string> Load()
    {
        using var stream = typeof(PasswordRules).Assembly.GetManifestResourceStream("common-passwords.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.Ordinal);
    }
}
