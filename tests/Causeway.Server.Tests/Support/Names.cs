namespace Causeway.Server.Tests;

/// <summary>Names no other test uses.</summary>
internal static class Names
{
    private static int _last;

    public static string Next(string? @namespace = null) =>
        (@namespace is null ? "" : @namespace + ":") + "room-" + Interlocked.Increment(ref _last).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
