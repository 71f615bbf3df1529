namespace Causeway.Server;

/// <summary>What the server logs of files.</summary>
internal static partial class FilesLog
{
    [LoggerMessage(1600, LogLevel.Information, "{Count} uploads that an earlier run did not finish were deleted.")]
    public static partial void LeftUploadsDeleted(this ILogger logger, int count);

    [LoggerMessage(1601, LogLevel.Warning, "{Count} stored files that the database knows nothing of were deleted.")]
    public static partial void UnknownFilesDeleted(this ILogger logger, int count);

    [LoggerMessage(1602, LogLevel.Error, "The file {FileId} has no content in the files' directory. Nodes that share a database share that directory (Files:Directory).")]
    public static partial void ContentMissing(this ILogger logger, string fileId);

    [LoggerMessage(1603, LogLevel.Error, "An upload was refused since the disk is full.")]
    public static partial void DiskFull(this ILogger logger, Exception exception);

    [LoggerMessage(1604, LogLevel.Warning, "Room that was set aside for the upload {FileId} could not be freed; it is at its time.")]
    public static partial void ReservationLeft(this ILogger logger, Exception exception, string fileId);
}
