using System.Globalization;

namespace Causeway.EndToEnd;

/// <summary>Room names that no other test uses.</summary>
internal static class RoomNames
{
    private static int _last;

    /// <summary>A fresh name in a namespace; in <c>default</c> when none is given.</summary>
    public static string Next(string? ns = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{(ns is null ? "" : ns + ":")}r{Interlocked.Increment(ref _last)}");
}
