using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Deletes a file: it is gone from lists and rooms at once; who reads it at the moment reads it to its end.</summary>
internal static class DeleteFile
{
    public static async Task<IResult> HandleAsync(
        string id,
        RequestConditions conditions,
        HttpContext context,
        Caller caller,
        FileAccess access,
        FileAudit audit,
        Database database,
        UploadDirectory directory,
        CancellationToken cancellationToken)
    {
        var (file, isVisible) = await access.FindWritableAsync(caller, id, cancellationToken);
        if (file is null)
        {
            return (isVisible ? AccessErrors.Forbidden : FileErrors.NotFound).ToResult();
        }

        if (conditions.Check(file.Version) is { } refused)
        {
            return refused.ToResult();
        }

        var isDeleted = await database.WriteAsync(
            async (unit, token) =>
            {
                var deleted = await FileStore.DeleteAsync(unit, file, token);
                if (deleted)
                {
                    await audit.WriteAsync(unit, context, caller, "file.delete", file, token);
                }

                return deleted;
            },
            cancellationToken);
        if (!isDeleted)
        {
            return FileErrors.Changed.ToResult();
        }

        // After the commit: a crash in between leaves bytes that nobody knows, which the sweep takes, and never a file without bytes.
        directory.Delete(id);
        return TypedResults.NoContent();
    }
}
