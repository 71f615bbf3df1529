namespace Causeway.Server;

/// <summary>Shows what is known of a file.</summary>
internal static class GetFile
{
    public static async Task<IResult> HandleAsync(string id, Caller caller, FileAccess access, CancellationToken cancellationToken) =>
        await access.FindReadableAsync(caller, id, cancellationToken) is { } file
            ? TypedResults.Ok(FileResponse.From(file)).WithETag(file.Version)
            : FileErrors.NotFound.ToResult();
}
