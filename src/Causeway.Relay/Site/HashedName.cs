using System.Text.RegularExpressions;

namespace Causeway.Relay;

/// <summary>Tells names that carry a hash of the content, as build tools make them. Such a file never changes; a wrong guess would pin an old one for a year, so a doubt is a no.</summary>
internal static partial class HashedName
{
    private const int ShortHash = 8;

    /// <summary>Whether the name, such as <c>index-BfX2a9Qz.js</c> or <c>main.3f2a1b9c.css</c>, has a hash in it.</summary>
    public static bool Is(string name)
    {
        var parts = name.Split('.');
        if (parts.Length < 2 || Guid.TryParseExact(parts[0].Length > 36 ? parts[0][^36..] : parts[0], "D", out _))
        {
            return false;
        }

        for (var i = 0; i < parts.Length - 1; i++)
        {
            if (i > 0 && IsHash(parts[i]) || EndsInHash(parts[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>name-HASH</c>. Base64 hashes may hold the dash that stands before them.</summary>
    private static bool EndsInHash(string part)
    {
        var dash = part.LastIndexOf('-');
        return dash >= 0 && IsHash(part[(dash + 1)..])
            || part.Length > ShortHash + 1 && part[^(ShortHash + 1)] == '-' && IsHash(part[^ShortHash..]);
    }

    private static bool IsHash(string text) => IsHex(text) || text.Length == ShortHash && (IsBase32(text) || IsBase64(text));

    private static bool IsHex(string text) =>
        text.Length is >= ShortHash and <= 64
        && text.All(char.IsAsciiHexDigitLower)
        && text.Any(char.IsAsciiDigit)
        && text.Any(char.IsAsciiLetter);

    /// <summary>esbuild's: capitals and 2–7.</summary>
    private static bool IsBase32(string text) =>
        text.All(static c => c is >= 'A' and <= 'Z' or >= '2' and <= '7') && text.Any(char.IsAsciiDigit) && text.Any(char.IsAsciiLetter);

    /// <summary>Vite's and Rollup's: letters of both cases, digits, <c>-</c> and <c>_</c>, and nothing that reads like words.</summary>
    private static bool IsBase64(string text) =>
        text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        && text.Any(char.IsAsciiLetterLower)
        && text.Any(char.IsAsciiLetterUpper)
        && (text.Any(char.IsAsciiDigit) ? !Word().IsMatch(text) : !OnlyWords().IsMatch(text));

    [GeneratedRegex("(?<![A-Za-z])[A-Z]?[a-z]{3,}(?![A-Za-z])")]
    private static partial Regex Word();

    [GeneratedRegex("^([A-Z]*[a-z]{2,}([A-Z]+[a-z]{2,})*[A-Z]*|[A-Z]+|[-_])+$")]
    private static partial Regex OnlyWords();
}
