using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>What the site logs; its event ids are 5400–5499.</summary>
internal static partial class SiteLog
{
    [LoggerMessage(5401, LogLevel.Debug, "{Path} was not served: a link leads it out of the site's directory.")]
    public static partial void SiteLinkRefused(this ILogger logger, string path);

    [LoggerMessage(5402, LogLevel.Warning, "{Path} of the site can't be read.")]
    public static partial void SiteFileNotReadable(this ILogger logger, string path, Exception exception);

    [LoggerMessage(5403, LogLevel.Warning, "{Path} of the site became shorter while it was sent; the client's connection was cut.")]
    public static partial void SiteFileShrank(this ILogger logger, string path);
}
