using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Gives a file another name.</summary>
internal static class UpdateFile
{
    public const string NameRule = "Must be a name of 1 to 200 characters: no path, no control characters, none of \" < > : | ? *";

    /// <summary>What may be changed of a file.</summary>
    [Example("""{"name":"minutes.pdf"}""")]
    internal sealed record UpdateFileRequest
    {
        /// <summary>Its name for people.</summary>
        [Required, StringLength(ContentDisposition.MaxNameLength, MinimumLength = 1)]
        public string? Name { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        string id,
        JsonBody<UpdateFileRequest> body,
        RequestConditions conditions,
        HttpContext context,
        Caller caller,
        FileAccess access,
        FileStore files,
        FileAudit audit,
        Database database,
        CancellationToken cancellationToken)
    {
        var name = body.Value.Name;
        if (name is null || ContentDisposition.CleanName(name) != name)
        {
            return FieldErrors.For("name", NameRule).ToResult();
        }

        var (file, isVisible) = await access.FindWritableAsync(caller, id, cancellationToken);
        if (file is null)
        {
            return (isVisible ? AccessErrors.Forbidden : FileErrors.NotFound).ToResult();
        }

        if (conditions.Check(file.Version) is { } refused)
        {
            return refused.ToResult();
        }

        var renamed = await database.WriteAsync(
            async (unit, token) =>
            {
                var after = await files.RenameAsync(unit, id, file.Version, name, token);
                if (after is not null)
                {
                    await audit.WriteAsync(unit, context, caller, "file.rename", after, token);
                }

                return after;
            },
            cancellationToken);
        return renamed is null ? FileErrors.Changed.ToResult() : TypedResults.Ok(FileResponse.From(renamed)).WithETag(renamed.Version);
    }
}
