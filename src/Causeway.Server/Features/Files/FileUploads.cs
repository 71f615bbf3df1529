using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Takes a file: room set aside, bytes stored, then the row; what fails on the way leaves neither.</summary>
internal sealed class FileUploads(
    UploadDirectory directory, FileStore files, Database database, FileAudit audit, ServerSettings settings, FilesMetrics metrics, TimeProvider time, ILogger<FileUploads> logger)
{
    private const int NoSpaceOnLinux = 28;
    private const int NoSpaceOnWindows = unchecked((int)0x80070070);

    private readonly UploadLimits _limits = settings.Files.ToLimits();

    /// <summary>Takes the file in a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">What it is to be called; null for the name it comes with.</param>
    /// <param name="caller">Whose it will be.</param>
    /// <param name="also">What is written with its row, in the same transaction; null for nothing.</param>
    /// <exception cref="ApiErrorException">It is refused; nothing is left of it.</exception>
    public async Task<FileRow> TakeAsync(HttpContext context, string? name, Caller caller, Func<UnitOfWork, FileRow, CancellationToken, Task>? also = null)
    {
        var outcome = "failed";
        try
        {
            await using var upload = await Upload.OpenAsync(context, _limits, time);
            var file = await StoreAsync(context, upload, name, caller, also);
            metrics.CountUpload(file.Size);
            outcome = "stored";
            return file;
        }
        catch (BadHttpRequestException)
        {
            outcome = "refused";
            throw;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            outcome = "aborted";
            throw;
        }
        catch (IOException exception) when (exception.HResult is NoSpaceOnLinux or NoSpaceOnWindows)
        {
            logger.DiskFull(exception);
            throw new ApiErrorException(FileErrors.DiskFull);
        }
        finally
        {
            if (outcome != "stored")
            {
                metrics.CountLost(outcome);
            }
        }
    }

    /// <summary>Reads the file in a request and keeps nothing: what it is, to be compared with another.</summary>
    /// <exception cref="ApiErrorException">It is refused.</exception>
    public async Task<UploadedFile> ReadAsync(HttpContext context)
    {
        await using var upload = await Upload.OpenAsync(context, _limits, time);
        return await upload.CopyToAsync(Stream.Null, quota: null, context.RequestAborted);
    }

    private async Task<FileRow> StoreAsync(HttpContext context, Upload upload, string? name, Caller caller, Func<UnitOfWork, FileRow, CancellationToken, Task>? also)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var owner = FileAccess.OwnerOf(caller);

        // Whoever has no account runs the service, or speaks for it.
        UploadQuota? quota = caller.UserId is null
            ? null
            : (bytes, token) => new ValueTask<long>(files.ReserveAsync(id, owner, bytes, settings.Files.QuotaBytesPerUser, settings.Files.ReservationTime, token));
        var isAdded = false;
        try
        {
            await using var incoming = directory.Begin();
            var content = await upload.CopyToAsync(incoming.Content, quota, context.RequestAborted);
            incoming.Commit(id);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var file = new FileRow
            {
                Id = id,
                OwnerId = owner,
                Name = ContentDisposition.CleanName(name ?? upload.Fields.GetValueOrDefault("name") ?? upload.FileName),
                ContentType = content.MediaType,
                Size = content.Bytes,
                Sha256 = Convert.ToHexStringLower(content.Sha256.Span),
                CreatedAt = now,
                UpdatedAt = now,
                Version = 1,
            };
            await AddAsync(context, caller, file, also);
            isAdded = true;
            return file;
        }
        finally
        {
            if (!isAdded && quota is not null)
            {
                await ReleaseAsync(id);
            }
        }
    }

    private async Task AddAsync(HttpContext context, Caller caller, FileRow file, Func<UnitOfWork, FileRow, CancellationToken, Task>? also)
    {
        try
        {
            // It came whole: a client that leaves now finds it when it comes back.
            await database.WriteAsync(
                async (unit, token) =>
                {
                    await FileStore.AddAsync(unit, file, file.Id, token);
                    await audit.WriteAsync(unit, context, caller, "file.create", file, token);
                    if (also is not null)
                    {
                        await also(unit, file, token);
                    }
                },
                CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Where nobody knows whether the row is there, the sweep will.
            if (exception is not DatabaseUnavailableException { MayBeDone: true })
            {
                directory.Delete(file.Id);
            }

            throw;
        }
    }

    private async Task ReleaseAsync(string id)
    {
        try
        {
            await files.ReleaseAsync(id);
        }
        catch (DatabaseUnavailableException exception)
        {
            logger.ReservationLeft(exception, id);
        }
    }
}
