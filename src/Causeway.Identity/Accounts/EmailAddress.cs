using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Causeway.Identity;

/// <summary>An e-mail address as an account has one: the address mail goes to, and the key under which it is unique.</summary>
/// <remarks>
/// The dot-string form of RFC 5321 §4.1.2 with its lengths, and a domain of at least two labels. Names of other scripts are taken as their
/// <c>xn--</c> form. Quoted local parts, address literals and addresses beyond ASCII (RFC 6531) are refused: two that look the same would be two accounts.
/// </remarks>
public sealed record EmailAddress : IParsable<EmailAddress>
{
    /// <summary>The most characters of an address: a path has 256 with its brackets (RFC 5321 §4.5.3.1.3).</summary>
    public const int MaxLength = 254;

    private const int MaxLocalLength = 64;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> LocalCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    private EmailAddress(string value) => (Value, Key) = (value, value.ToLowerInvariant());

    /// <summary>Where mail goes: as it was written, with the domain in lower case.</summary>
    public string Value { get; }

    /// <summary>What makes it unique: all of it in lower case. RFC 5321 lets a host tell cases apart before the <c>@</c>; none that matters does.</summary>
    public string Key { get; }

    /// <inheritdoc/>
    public static EmailAddress Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var address) ? address : throw new FormatException("This is no e-mail address.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out EmailAddress result)
    {
        result = null;
        if (s is not { Length: > 0 and <= MaxLength })
        {
            return false;
        }

        var at = s.LastIndexOf('@');
        if (at <= 0 || !IsLocalPart(s.AsSpan(0, at)) || !IsDomain(s.AsSpan(at + 1)))
        {
            return false;
        }

        result = new EmailAddress(string.Concat(s.AsSpan(0, at), s[at..].ToLowerInvariant()));
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsLocalPart(ReadOnlySpan<char> local) =>
        local.Length <= MaxLocalLength
        && !local.ContainsAnyExcept(LocalCharacters)
        && local[0] != '.'
        && local[^1] != '.'
        && !local.Contains("..", StringComparison.Ordinal);

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        if (!domain.Contains('.'))
        {
            return false;
        }

        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (label.Length is 0 or > MaxLabelLength || label.ContainsAnyExcept(LabelCharacters) || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }
        }

        // A last label of digits alone would be an IPv4 address.
        return domain[(domain.LastIndexOf('.') + 1)..].ContainsAnyExceptInRange('0', '9');
    }
}
