using System.Text.Json;

namespace Causeway.Server;

/// <summary>Lists of words as they stand in a column: a JSON array.</summary>
internal static class Words
{
    public static IReadOnlyList<string> Read(string column) => JsonSerializer.Deserialize<string[]>(column) ?? [];
}

/// <summary>Moments as columns have them: milliseconds since 1970, UTC.</summary>
internal static class Moments
{
    public static DateTimeOffset From(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? From(long? milliseconds) => milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
