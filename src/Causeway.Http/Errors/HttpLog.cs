using Microsoft.Extensions.Logging;

namespace Causeway.Http;

/// <summary>What this library logs; its event ids are 2000–2999.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(2001, LogLevel.Error, "Request {RequestId} ({Method} {Path}) failed.")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string requestId, string method, string? path);

    [LoggerMessage(2002, LogLevel.Debug, "Request refused with {Status} ({Method} {Path}).")]
    public static partial void RequestRefused(this ILogger logger, Exception exception, int status, string method, string? path);

    [LoggerMessage(2003, LogLevel.Debug, "The client left before its answer ({Method} {Path}).")]
    public static partial void ClientLeft(this ILogger logger, string method, string? path);

    [LoggerMessage(2010, LogLevel.Debug, "Request for the host {Host} refused.")]
    public static partial void HostRefused(this ILogger logger, string host);

    [LoggerMessage(2011, LogLevel.Debug, "Request of the origin {Origin} refused.")]
    public static partial void OriginRefused(this ILogger logger, string origin);

    [LoggerMessage(2012, LogLevel.Warning, "No host name is configured: only IP addresses and the names listened on are answered. Set Server:PublicUrl or Auth:AllowedHosts.")]
    public static partial void HostNamesUnknown(this ILogger logger);

    [LoggerMessage(2020, LogLevel.Warning, "The answer to {Method} {Path} has {Bytes} bytes, too many to keep for its idempotency key; a repeat is refused.")]
    public static partial void AnswerTooLargeToKeep(this ILogger logger, string method, string? path, long bytes);

    [LoggerMessage(2030, LogLevel.Information, "{Method} {Path}{Query} from {Address}: {Status} in {Milliseconds:0.###} ms.")]
    public static partial void RequestLogged(this ILogger logger, string method, string? path, string query, int status, double milliseconds, string address);

    [LoggerMessage(2031, LogLevel.Information, "Request [{RequestHeaders}] {RequestBody}; answer [{ResponseHeaders}] {ResponseBody}")]
    public static partial void RequestContents(this ILogger logger, string requestHeaders, string requestBody, string responseHeaders, string responseBody);

    [LoggerMessage(2032, LogLevel.Information, "{Method} {Path}{Query} from {Address}: a live request came.")]
    public static partial void LiveRequestArrived(this ILogger logger, string method, string? path, string query, string address);
}
