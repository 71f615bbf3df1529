using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What start-up and shutdown steps log: 4500–4519.</summary>
internal static partial class LifespanLog
{
    [LoggerMessage(4501, LogLevel.Debug, "Start-up step {Step} was done after {Seconds} s.")]
    public static partial void LifespanStepStarted(this ILogger logger, string step, double seconds);

    [LoggerMessage(4502, LogLevel.Error, "The service can't start without {Step}: {Reason}")]
    public static partial void LifespanStepFailed(this ILogger logger, string step, string reason);

    [LoggerMessage(4503, LogLevel.Warning, "The service starts without {Step}, which is tried again: {Reason}")]
    public static partial void LifespanStepMissing(this ILogger logger, string step, string reason);

    [LoggerMessage(4504, LogLevel.Debug, "Start-up step {Step} failed.")]
    public static partial void LifespanStepFault(this ILogger logger, string step, Exception exception);

    [LoggerMessage(4508, LogLevel.Debug, "The service still runs without {Step}: {Reason}")]
    public static partial void LifespanStepStillMissing(this ILogger logger, string step, string reason);

    [LoggerMessage(4505, LogLevel.Information, "Shutdown step {Step} was done after {Seconds} s.")]
    public static partial void LifespanStepStopped(this ILogger logger, string step, double seconds);

    [LoggerMessage(4506, LogLevel.Warning, "Shutdown step {Step} was cut after {Seconds} s, at the end of its time.")]
    public static partial void LifespanStepLate(this ILogger logger, string step, double seconds);

    [LoggerMessage(4507, LogLevel.Error, "Shutdown step {Step} failed.")]
    public static partial void LifespanStepNotStopped(this ILogger logger, string step, Exception exception);
}
