using Microsoft.Extensions.Logging;

namespace Causeway.Streams;

/// <summary>The log events of this library: 6000–6999.</summary>
internal static partial class StreamsLog
{
    [LoggerMessage(6001, LogLevel.Information, "Stream {Stream} follows its file from byte {Offset}.")]
    public static partial void FollowingBegan(this ILogger logger, string stream, long offset);

    [LoggerMessage(6002, LogLevel.Information, "Stream {Stream} went on to a new file: the old one was {Ending}.")]
    public static partial void FilePassed(this ILogger logger, string stream, string ending);

    [LoggerMessage(6003, LogLevel.Warning, "The file of stream {Stream} can't be read.")]
    public static partial void FileUnreadable(this ILogger logger, string stream, Exception? exception);

    [LoggerMessage(6004, LogLevel.Information, "Stream {Stream} gets no change notifications and looks at its file by the clock.")]
    public static partial void WatchUnavailable(this ILogger logger, string stream, Exception exception);

    [LoggerMessage(6005, LogLevel.Warning, "A reader of stream {Stream} took nothing for {Seconds} s and was cut.")]
    public static partial void ReaderStuck(this ILogger logger, string stream, double seconds);

    [LoggerMessage(6006, LogLevel.Information, "A reader of stream {Stream} came with an id that can't be used ({Reason}) and was reset.")]
    public static partial void ReaderReset(this ILogger logger, string stream, string reason);

    [LoggerMessage(6007, LogLevel.Error, "Following the file of stream {Stream} failed; its readers are sent away.")]
    public static partial void FollowingFailed(this ILogger logger, string stream, Exception exception);
}
