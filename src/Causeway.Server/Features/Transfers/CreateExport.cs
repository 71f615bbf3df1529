using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Has a job write a list into a file of the caller's.</summary>
internal static class CreateExport
{
    private const int MaxQueryLength = 2_000;

    /// <summary>What to write.</summary>
    [Example("""{"list":"files","format":"csv","query":"sort=-created_at"}""")]
    internal sealed record CreateExportRequest
    {
        /// <summary>Which list: <c>users</c>, <c>rooms</c>, <c>files</c> or <c>audit</c>.</summary>
        [Required, AllowedValues("users", "rooms", "files", "audit")]
        public string? List { get; init; }

        /// <summary><c>csv</c> or <c>ndjson</c>.</summary>
        [Required, AllowedValues(ListExport.Csv, ListExport.Ndjson)]
        public string? Format { get; init; }

        /// <summary>Order and filters, as in the query of the list's own export; at most 2,000 characters.</summary>
        [StringLength(MaxQueryLength)]
        public string? Query { get; init; }
    }

    /// <summary>Where it will be.</summary>
    /// <param name="JobId">The job that writes it.</param>
    /// <param name="FileId">The file; there is none of this id before the job is through.</param>
    /// <param name="Url">Where the file's bytes will be; 404 until then.</param>
    internal sealed record ExportResponse(string JobId, string FileId, string Url);

    public static async Task<IResult> HandleAsync(
        JsonBody<CreateExportRequest> body, HttpContext context, Caller caller, ServerSettings settings, JobClient jobs, AuditLog audit, Database database, TimeProvider time)
    {
        var request = body.Value;
        var export = Exports.Find(request.List, context, settings);
        var query = Exports.ReadQuery(request.Query);
        var errors = new FieldErrors();
        errors.Check(export is not null, "list", $"Must be one of {string.Join(", ", Exports.All.Select(static one => one.Noun))}.");
        errors.Check(request.Format is ListExport.Csv or ListExport.Ndjson, "format", "Must be csv or ndjson.");
        errors.Check(request.Query is null or { Length: <= MaxQueryLength }, "query", $"Must be at most {MaxQueryLength} characters.");
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (!FileAccess.MayUpload(caller))
        {
            return AccessErrors.Forbidden.ToResult();
        }

        try
        {
            export!.Prepare(context.RequestServices, caller, request.Format!, query);
        }
        catch (ApiErrorException exception) when (exception.Error.Code == ErrorCode.ValidationError)
        {
            return FieldErrors.For("query", exception.Error.Message).ToResult();
        }

        var file = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        return await database.WriteOnceAsync(context, async (unit, cancellationToken) =>
        {
            var job = await jobs.EnqueueAsync(unit, new ExportFile(CallerNote.Of(context, caller), export.Noun, request.Format!, request.Query, file), null, cancellationToken);
            var details = ListExport.Describe(request.Format!, request.Query);
            details["job"] = job.Id;
            await audit.WriteAsync(unit, new AuditEntry(export.Action, AuditOutcome.Success, Origins.Of(context), $"file:{file}", details), cancellationToken);
            return new KeptAnswer(StatusCodes.Status202Accepted, new ExportResponse(job.Id, file, FileResponse.UrlOf(file))) { Location = JobResponse.PathOf(job.Id) };
        });
    }
}
