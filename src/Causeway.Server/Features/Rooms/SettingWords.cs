using System.Text.Json;

namespace Causeway.Server;

/// <summary>The settings that are one of a few words, as JSON writes them, for files that are no JSON.</summary>
internal static class SettingWords
{
    public static string? Write<T>(T? value)
        where T : struct, Enum => value is { } known ? JsonNamingPolicy.SnakeCaseLower.ConvertName(known.ToString()) : null;

    /// <summary>The word's value; null where it is none.</summary>
    public static T? Read<T>(string word)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Write<T>(value) == word)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>What it must be, as one sentence.</summary>
    public static string RuleOf<T>()
        where T : struct, Enum => $"Must be one of {string.Join(", ", Enum.GetValues<T>().Select(static value => Write<T>(value)))}.";
}
