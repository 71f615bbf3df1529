namespace Causeway.Identity;

/// <summary>Moments as columns have them: milliseconds since 1970, UTC.</summary>
internal static class UnixTime
{
    public static DateTimeOffset From(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? From(long? milliseconds) => milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
