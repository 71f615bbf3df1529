namespace Causeway.Server;

/// <summary>What switching the log of requests logs: 1440–1449.</summary>
internal static partial class RequestLogEvents
{
    [LoggerMessage(1440, LogLevel.Warning, "{Principal} switched the log of requests (on: {Enabled}, headers: {Headers}, bodies: {Bodies}) until {Until}.")]
    public static partial void RequestLogSwitched(this ILogger logger, string principal, bool enabled, bool headers, bool bodies, DateTimeOffset until);

    [LoggerMessage(1441, LogLevel.Information, "{Principal} set the log of requests back to what is configured.")]
    public static partial void RequestLogReset(this ILogger logger, string principal);
}
