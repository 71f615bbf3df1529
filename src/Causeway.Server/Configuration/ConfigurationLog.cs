namespace Causeway.Server;

/// <summary>What the configuration logs while the service runs: 1470–1479.</summary>
internal static partial class ConfigurationLog
{
    [LoggerMessage(1470, LogLevel.Warning, "{File} can't be watched, so saving it reloads nothing; SIGHUP does.")]
    public static partial void ConfigurationNotWatched(this ILogger logger, string file, Exception exception);

    [LoggerMessage(1471, LogLevel.Error, "The reload after the configuration was saved failed.")]
    public static partial void ReloadOnSaveFailed(this ILogger logger, Exception exception);
}
