using System.Text.Json;

namespace Causeway.Identity;

/// <summary>Lists of words as they stand in a column: a JSON array, in order.</summary>
internal static class WordList
{
    public static string Write(IEnumerable<string> words) => JsonSerializer.Serialize(words.Order(StringComparer.Ordinal));

    public static IReadOnlyList<string> Read(string column) => JsonSerializer.Deserialize<string[]>(column) ?? [];

    /// <summary>The pattern of <c>LIKE … ESCAPE '!'</c> for lists that have a word.</summary>
    public static string PatternOf(string word) => $"%\"{Escape(word)}\"%";

    /// <summary>A text as itself inside a pattern of <c>LIKE … ESCAPE '!'</c>.</summary>
    public static string Escape(string text) =>
        text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal);
}
