using Causeway.Http;

namespace Causeway.Server;

/// <summary>Sends a file's bytes, whole or in ranges.</summary>
internal static class DownloadFile
{
    public static async Task<IResult> HandleAsync(
        string id, Caller caller, FileAccess access, UploadDirectory directory, FilesMetrics metrics, ILogger<FileUploads> logger, CancellationToken cancellationToken)
    {
        if (await access.FindReadableAsync(caller, id, cancellationToken) is not { } file)
        {
            return FileErrors.NotFound.ToResult();
        }

        if (directory.OpenRead(file.Id) is not { } content)
        {
            logger.ContentMissing(file.Id);
            return FileErrors.Elsewhere.ToResult();
        }

        metrics.CountDownload();
        return new FileDownload(content, file.ContentType)
        {
            FileName = file.Name,
            ETag = file.Sha256,
            LastModified = DateTimeOffset.FromUnixTimeMilliseconds(file.CreatedAt),
            Sha256 = Convert.FromHexString(file.Sha256),
        };
    }
}
