using System.Text.RegularExpressions;

namespace Causeway.Hosting;

/// <summary>Takes credentials out of text that is about to be logged. A second line of defence: nothing should log them in the first place.</summary>
public static partial class Redaction
{
    /// <summary>What stands in a credential's place.</summary>
    public const string Mask = "***";

    /// <summary>Masks what follows <c>access_token=</c> and its like, <c>bearer.</c> and <c>Bearer </c>.</summary>
    /// <param name="text">Any text, such as a path with its query.</param>
    /// <returns>The text without credentials; the same instance when there were none.</returns>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains('=', StringComparison.Ordinal) || text.Contains("bearer", StringComparison.OrdinalIgnoreCase)
            ? Credential().Replace(text, $"$1{Mask}")
            : text;
    }

    [GeneratedRegex(
        @"((?:access_token|refresh_token|id_token|api_key|apikey|client_secret|password|pwd|secret|token)=|bearer\.|bearer\s+(?=\S{8}))[^\s&;,""'<>\)\]}]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Credential();
}
