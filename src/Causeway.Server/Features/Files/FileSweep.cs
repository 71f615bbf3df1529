using Causeway.Http;

namespace Causeway.Server;

/// <summary>Takes away what crashes left: uploads under way, room set aside for them, and bytes whose row was never written or is gone.</summary>
internal sealed class FileSweep(UploadDirectory directory, FileStore files, ILogger<FileUploads> logger) : IUpkeep
{
    private const int KeysAtOnce = 500;

    /// <summary>A file is there a moment before its row.</summary>
    private static readonly TimeSpan RowsComeWithin = TimeSpan.FromHours(1);

    public static string Kind => "files.sweep";

    public static string Cron => "37 * * * *";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (directory.SweepIncoming(TimeSpan.FromMinutes(1)) is > 0 and var left)
        {
            logger.LeftUploadsDeleted(left);
        }

        await files.ForgetReservationsAsync(cancellationToken);
        var unknown = 0;
        foreach (var keys in directory.ListStored(RowsComeWithin).Chunk(KeysAtOnce))
        {
            var known = await files.KnownAsync(keys, cancellationToken);
            unknown += keys.Count(key => !known.Contains(key) && directory.Delete(key));
        }

        if (unknown > 0)
        {
            logger.UnknownFilesDeleted(unknown);
        }
    }
}
