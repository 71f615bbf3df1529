namespace Causeway.Server;

/// <summary>What access logs: 1400–1419.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(1401, LogLevel.Information,
        "What is served for others, a site or relayed routes, shares an origin with the admin API: a script there can act as whoever is signed in to the console. Server:AdminUrls gives console and API addresses of their own.")]
    public static partial void OriginShared(this ILogger logger);

    [LoggerMessage(1402, LogLevel.Information, "{Connections} live connections were closed or have other permissions after {Changes} changes of access.")]
    public static partial void ConnectionsFollowed(this ILogger logger, int connections, int changes);

    [LoggerMessage(1403, LogLevel.Warning, "Some live connections' credentials could not be looked at after a change of access; they are as soon as that is possible.")]
    public static partial void ConnectionsNotReviewed(this ILogger logger, Exception exception);
}
