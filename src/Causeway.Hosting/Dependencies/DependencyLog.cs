using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What dependencies log: 4560–4579.</summary>
internal static partial class DependencyLog
{
    [LoggerMessage(4561, LogLevel.Information, "Dependency {Dependency} is available.")]
    public static partial void DependencyAvailable(this ILogger logger, string dependency);

    [LoggerMessage(4562, LogLevel.Warning, "Dependency {Dependency} is degraded: {Detail}.")]
    public static partial void DependencyDegraded(this ILogger logger, string dependency, string? detail, Exception? exception);

    [LoggerMessage(4563, LogLevel.Warning, "Dependency {Dependency} is unavailable: {Detail}.")]
    public static partial void DependencyUnavailable(this ILogger logger, string dependency, string? detail, Exception? exception);

    [LoggerMessage(4564, LogLevel.Debug, "A probe of dependency {Dependency} failed.")]
    public static partial void DependencyProbeFailed(this ILogger logger, string dependency, Exception exception);

    [LoggerMessage(4565, LogLevel.Error, "A handler of changes of dependency {Dependency} failed.")]
    public static partial void DependencyHandlerFailed(this ILogger logger, string dependency, Exception exception);
}
