using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What reloading logs: 4600–4619.</summary>
internal static partial class ReloadLog
{
    [LoggerMessage(4601, LogLevel.Information, "Reloading.")]
    public static partial void ReloadStarted(this ILogger logger);

    [LoggerMessage(4602, LogLevel.Error, "Not reloaded: {Problem}.")]
    public static partial void ReloadRefused(this ILogger logger, string problem);

    [LoggerMessage(4603, LogLevel.Error, "Reload hook {Hook} failed; its part stays as it was.")]
    public static partial void ReloadHookFailed(this ILogger logger, string hook, Exception exception);

    [LoggerMessage(4604, LogLevel.Information, "Reloaded {Hook}: {Changes}.")]
    public static partial void ReloadChanged(this ILogger logger, string hook, string changes);

    [LoggerMessage(4605, LogLevel.Warning, "These keys have new values that count only after a restart: {Keys}.")]
    public static partial void ReloadNeedsRestart(this ILogger logger, string keys);

    [LoggerMessage(4606, LogLevel.Information, "The reload ended: {Changes} parts changed, {Problems} problems, {Keys} keys need a restart.")]
    public static partial void ReloadEnded(this ILogger logger, int changes, int problems, int keys);

    [LoggerMessage(4608, LogLevel.Error, "Somebody who hears of reloads failed.")]
    public static partial void ReloadObserverFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4607, LogLevel.Information, "The terminal is gone, so the service stops.")]
    public static partial void TerminalGone(this ILogger logger);
}
