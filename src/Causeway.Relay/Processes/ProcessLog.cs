using Causeway.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>The log events of backends' processes: 5300–5399.</summary>
internal static partial class ProcessLog
{
    [LoggerMessage(5301, LogLevel.Information, "Backend {Backend} ({Source}): {Line}")]
    public static partial void BackendLine(this ILogger logger, string backend, string source, string line);

    [LoggerMessage(5302, LogLevel.Information, "Backend {Backend} is ready after {Seconds} s as process {ProcessId}.")]
    public static partial void BackendReady(this ILogger logger, string backend, double seconds, int processId);

    [LoggerMessage(5303, LogLevel.Information, "Backend {Backend} is stopped: {Reason}.")]
    public static partial void BackendStopping(this ILogger logger, string backend, string reason);

    [LoggerMessage(5304, LogLevel.Warning, "Backend {Backend} {Exit} after it was ready for {Seconds} s. Its last line: {LastLine}")]
    public static partial void BackendEnded(this ILogger logger, string backend, ChildExit exit, double seconds, string? lastLine);

    [LoggerMessage(5305, LogLevel.Error, "Backend {Backend} {Exit} before it was ready. Its last line: {LastLine}")]
    public static partial void BackendEndedEarly(this ILogger logger, string backend, ChildExit exit, string? lastLine);

    [LoggerMessage(5306, LogLevel.Error, "Backend {Backend} was not ready within {Seconds} s: {Address} does not answer. Its last line: {LastLine}")]
    public static partial void BackendNotReady(this ILogger logger, string backend, double seconds, string address, string? lastLine);

    [LoggerMessage(5307, LogLevel.Error, "Backend {Backend} can't be started: {Reason}")]
    public static partial void BackendNotStarted(this ILogger logger, string backend, string reason, Exception? exception);

    [LoggerMessage(5308, LogLevel.Error, "Backend {Backend} is not started: something else listens on {Address}. End it, or give the backend another address.")]
    public static partial void BackendPortHeld(this ILogger logger, string backend, string address);

    [LoggerMessage(5309, LogLevel.Information, "Backend {Backend} may be started again in {Seconds} s.")]
    public static partial void BackendBacksOff(this ILogger logger, string backend, double seconds);

    [LoggerMessage(5310, LogLevel.Error, "Backend {Backend} ended {Failures} times in a row; the next start is in {Seconds} s or when an operator starts it.")]
    public static partial void BackendCrashLoops(this ILogger logger, string backend, int failures, double seconds);

    [LoggerMessage(5311, LogLevel.Error, "The supervision of backend {Backend} failed; its process is ended.")]
    public static partial void SupervisionFailed(this ILogger logger, string backend, Exception exception);
}
