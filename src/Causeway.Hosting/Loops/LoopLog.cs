using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What loops and their watchdog log: 4520–4549.</summary>
internal static partial class LoopLog
{
    [LoggerMessage(4521, LogLevel.Warning, "Loop {Loop} failed; it is tried again.")]
    public static partial void LoopFailed(this ILogger logger, string loop, Exception exception);

    [LoggerMessage(4522, LogLevel.Warning, "Loop {Loop} ran longer than its {Seconds} s and is cancelled.")]
    public static partial void LoopOverdue(this ILogger logger, string loop, double seconds);

    [LoggerMessage(4523, LogLevel.Error, "Loop {Loop} did not come back after it was cancelled and is left behind; it may still be at work.")]
    public static partial void LoopLeftBehind(this ILogger logger, string loop);

    [LoggerMessage(4524, LogLevel.Warning, "Loop {Loop} runs again while {Count} earlier iterations may still be at work.")]
    public static partial void LoopRunsBesideOther(this ILogger logger, string loop, int count);

    [LoggerMessage(4525, LogLevel.Information, "An iteration of loop {Loop} that was left behind came back.")]
    public static partial void LoopCameBack(this ILogger logger, string loop, Exception? exception);

    [LoggerMessage(4526, LogLevel.Critical, "The critical loop {Loop} failed {Failures} times in a row and is given up; the service ends.")]
    public static partial void LoopGaveUp(this ILogger logger, string loop, int failures);
}
