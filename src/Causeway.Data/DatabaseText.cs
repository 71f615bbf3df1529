using System.Text;

namespace Causeway.Data;

/// <summary>
/// Texts as both databases keep them. PostgreSQL knows neither a zero character nor half of one (a surrogate without its other half), and refuses the whole statement: in what is written for
/// many at once, one such text would stand in everybody's way.
/// </summary>
public static class DatabaseText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Whether a text can be kept as it is.</summary>
    /// <param name="text">The text.</param>
    public static bool CanBeKept(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ReferenceEquals(Keep(text), text);
    }

    /// <summary>A text that can be kept: each zero character, and each half of one, is U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The same instance where nothing had to be replaced.</returns>
    public static string Keep(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Replace('\0', Replacement);
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        var whole = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        return whole == text ? text : whole;
    }

    /// <summary>The beginning of a text, which ends with a whole character, as it can be kept.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most UTF-16 characters of it, 1 or more.</param>
    public static string Keep(string text, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        return Keep(text.Length <= maxLength ? text : text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)]);
    }
}
