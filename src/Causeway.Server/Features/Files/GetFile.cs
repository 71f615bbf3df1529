namespace Causeway.Server;

/// <summary>Shows what is known of a file.</summary>
internal static class GetFile
{
    public static async Task<IResult> HandleAsync(string id, HttpContext context, Caller caller, FileAccess access, CancellationToken cancellationToken)
    {
        if (await access.FindReadableAsync(caller, id, cancellationToken) is not { } file)
        {
            return FileErrors.NotFound.ToResult();
        }

        FileVersion.Tell(context, file.Version);
        return TypedResults.Ok(FileResponse.From(file));
    }
}
