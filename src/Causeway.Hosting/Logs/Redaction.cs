using System.Buffers;
using System.Text.RegularExpressions;

namespace Causeway.Hosting;

/// <summary>Takes credentials out of text that is about to be logged. A second line of defence: nothing should log them in the first place.</summary>
public static partial class Redaction
{
    /// <summary>What stands in a credential's place.</summary>
    public const string Mask = "***";

    private static readonly SearchValues<string> Signs =
        SearchValues.Create(["=", "bearer", "authorization", "cwk_", "cwr_", "cws_", "eyJ", "://", "--pass", "--token", "--secret", "--api"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Masks what follows <c>access_token=</c> and its like, <c>bearer.</c>, <c>Bearer </c> and <c>Authorization:</c>, passwords in URLs and after options, signed tokens, and the service's own keys.</summary>
    /// <param name="text">Any text, such as a path with its query.</param>
    /// <returns>The text without credentials; the same instance when there were none.</returns>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAny(Signs) ? Credential().Replace(text, $"$1$2{Mask}") : text;
    }

    // Each branch leaves before the mask what group 1 has: the name, or the part of a key by which its owner knows it.
    [GeneratedRegex(
        """
        ((?:access_token|refresh_token|id_token|api_key|apikey|client_secret|password|passwd|pwd|secret|token)=
         |bearer\.
         |bearer\s+(?=\S{8})
         |authorization\s*[:=]\s*(?:[A-Za-z]+\s+)?
         |--(?:password|passwd|token|secret|api-key)\s+
         |\b(?:cwr|cws)_
         |\bcwk_[A-Za-z0-9]+_)[^\s&;,"'<>\)\]}]+
        |(://[^\s/@:]*:)[^\s/@]+(?=@)
        |\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Credential();
}
