using Microsoft.Extensions.Logging;

namespace Causeway.Data;

/// <summary>The log events of this library: 9000–9999.</summary>
internal static partial class DataLog
{
    [LoggerMessage(9001, LogLevel.Error, "What was to be done after a commit failed; the write stands.")]
    public static partial void CommittedActionFailed(this ILogger logger, Exception exception);

    [LoggerMessage(9002, LogLevel.Error, "A transaction of {Writes} writes could not be committed; all of them were told.")]
    public static partial void CommitFailed(this ILogger logger, int writes, Exception exception);

    [LoggerMessage(9003, LogLevel.Warning, "A write kept all others waiting for {Milliseconds} ms.")]
    public static partial void SlowWrite(this ILogger logger, double milliseconds);

    [LoggerMessage(9004, LogLevel.Warning, "The write-ahead log could not be carried over into the database's file; it is tried again.")]
    public static partial void CheckpointFailed(this ILogger logger, Exception exception);

    [LoggerMessage(9005, LogLevel.Error, "A read left a result or a transaction open; its connection was closed.")]
    public static partial void ReaderLeftOpen(this ILogger logger);

    [LoggerMessage(9006, LogLevel.Information, "The database has {Library} migration {Number:0000} {Name} now.")]
    public static partial void MigrationApplied(this ILogger logger, string library, int number, string name);

    [LoggerMessage(9009, LogLevel.Information, "The database was empty and has its tables now, by {Count} migrations.")]
    public static partial void DatabaseMade(this ILogger logger, int count);

    [LoggerMessage(9007, LogLevel.Warning, "The database has {Library} migration {Number:0000} {Name} no more.")]
    public static partial void MigrationUndone(this ILogger logger, string library, int number, string name);

    [LoggerMessage(9008, LogLevel.Warning, "{Count} connections were still reading when the database was closed.")]
    public static partial void ReadersLeft(this ILogger logger, int count);
}
