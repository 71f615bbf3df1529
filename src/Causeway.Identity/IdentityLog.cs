using Microsoft.Extensions.Logging;

namespace Causeway.Identity;

/// <summary>What accounts and access log: 7000–7999.</summary>
internal static partial class IdentityLog
{
    [LoggerMessage(7001, LogLevel.Error, "A subscriber failed to hear of a change of access ({Kind}).")]
    public static partial void SubscriberFailed(this ILogger logger, Exception exception, AccessChangeKind kind);

    [LoggerMessage(7002, LogLevel.Warning, "Changes of access may have been missed: nothing could be read for too long. Everything is looked at again.")]
    public static partial void ChangesMissed(this ILogger logger);

    [LoggerMessage(7003, LogLevel.Warning, "Refresh token of session {SessionId} used again after it was replaced (count {Presented} of {Current}): the session of user {UserId} was ended.")]
    public static partial void RefreshTokenReused(this ILogger logger, string sessionId, string userId, long presented, long current);
}
