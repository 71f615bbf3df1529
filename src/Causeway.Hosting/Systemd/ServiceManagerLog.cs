using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What the link to the service manager logs: 4590–4599.</summary>
internal static partial class ServiceManagerLog
{
    [LoggerMessage(4591, LogLevel.Warning, "The service manager could not be told {Assignment}.")]
    public static partial void ServiceManagerNotTold(this ILogger logger, string assignment, Exception exception);

    [LoggerMessage(4593, LogLevel.Warning, "NOTIFY_SOCKET is {Name}, which can't be a socket's name: the service manager is told nothing.")]
    public static partial void ServiceManagerNotNamed(this ILogger logger, string name);

    [LoggerMessage(4592, LogLevel.Error, "The service manager's watchdog gets no sign of life: {Reason}.")]
    public static partial void WatchdogNotFed(this ILogger logger, string reason);
}
