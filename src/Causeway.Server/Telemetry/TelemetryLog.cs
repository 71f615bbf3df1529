namespace Causeway.Server;

/// <summary>What telemetry logs: 1490–1499.</summary>
internal static partial class TelemetryLog
{
    [LoggerMessage(1490, LogLevel.Warning, "The collector at {Target} does not take {What}; they are lost until it does.")]
    public static partial void ExportFails(this ILogger logger, string what, string target);

    [LoggerMessage(1491, LogLevel.Information, "The collector at {Target} takes {What} again.")]
    public static partial void ExportWorksAgain(this ILogger logger, string what, string target);
}
