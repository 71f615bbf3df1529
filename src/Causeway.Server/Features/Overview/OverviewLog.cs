namespace Causeway.Server;

/// <summary>What the overview logs: 1480–1489.</summary>
internal static partial class OverviewLog
{
    [LoggerMessage(1480, LogLevel.Warning, "Part {Part} of the overview could not be had.")]
    public static partial void OverviewPartUnavailable(this ILogger logger, string part, Exception exception);
}
