using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.RabbitMq;

/// <summary>Events 11000–11999.</summary>
internal static partial class RabbitMqLog
{
    [LoggerMessage(11001, LogLevel.Information, "The broker at {Broker} carries what nodes tell each other.")]
    public static partial void BrokerConnected(this ILogger logger, string broker);

    [LoggerMessage(11002, LogLevel.Warning, "The broker at {Broker} was lost.")]
    public static partial void BrokerLost(this ILogger logger, string broker, Exception exception);

    [LoggerMessage(11003, LogLevel.Warning, "The broker at {Broker} can't be reached; it is tried again.")]
    public static partial void BrokerNotReached(this ILogger logger, string broker, Exception exception);

    [LoggerMessage(11004, LogLevel.Debug, "The broker at {Broker} still can't be reached.")]
    public static partial void BrokerStillNotReached(this ILogger logger, string broker, Exception exception);

    [LoggerMessage(11005, LogLevel.Warning, "The broker has dropped some of what other nodes sent to this one; what may be missing is read from the database.")]
    public static partial void FramesMissed(this ILogger logger);

    [LoggerMessage(11006, LogLevel.Warning, "The broker has refused what this node sent to others; they are told to read it from the database.")]
    public static partial void FramesRefused(this ILogger logger);

    [LoggerMessage(11007, LogLevel.Error, "Something that is not of this version of Causeway came over the exchange; it was ignored. Each cluster needs an exchange of its own.")]
    public static partial void FrameUnreadable(this ILogger logger);

    [LoggerMessage(11008, LogLevel.Warning, "The broker takes nothing at the moment: {Reason}.")]
    public static partial void BrokerBlocked(this ILogger logger, string reason);

    [LoggerMessage(11009, LogLevel.Information, "The broker takes what nodes send again.")]
    public static partial void BrokerUnblocked(this ILogger logger);

    [LoggerMessage(11010, LogLevel.Error, "Whoever answers at {Broker} is not trusted to be the broker, and was told nothing; it is tried again. An authority of your own must be one that this machine trusts.")]
    public static partial void BrokerNotTrusted(this ILogger logger, string broker, Exception exception);
}
