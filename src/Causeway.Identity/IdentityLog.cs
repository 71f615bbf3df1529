using Microsoft.Extensions.Logging;

namespace Causeway.Identity;

/// <summary>What accounts and access log: 7000–7999.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(7001, LogLevel.Error, "A subscriber failed to hear of a change of access ({Kind}).")]
    public static partial void SubscriberFailed(this ILogger logger, Exception exception, AccessChangeKind kind);
}
