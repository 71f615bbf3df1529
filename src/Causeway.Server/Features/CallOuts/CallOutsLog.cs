namespace Causeway.Server;

/// <summary>What the server logs of backends that it asks.</summary>
internal static partial class CallOutsLog
{
    [LoggerMessage(1720, LogLevel.Error, "The backend that is asked about each {Kind} does not answer as it should: {Url}")]
    public static partial void CallOutFails(this ILogger logger, string kind, string url, Exception exception);

    [LoggerMessage(1721, LogLevel.Information, "The backend that is asked about each {Kind} answers again: {Url}")]
    public static partial void CallOutAnswers(this ILogger logger, string kind, string url);
}
