namespace Causeway.Server;

/// <summary>What access logs: 1400–1419.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(1401, LogLevel.Information,
        "What is served for others, a site or relayed routes, shares an origin with the admin API: a script there can act as whoever is signed in to the console. Server:AdminUrls gives console and API addresses of their own.")]
    public static partial void OriginShared(this ILogger logger);
}
