using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Has a job read an uploaded CSV file into a list.</summary>
internal static class CreateImport
{
    private const int MaxQueryLength = 2_000;

    // As the list's own import takes them.
    private static readonly string[] Types = ["text/csv", "text/plain", "application/vnd.ms-excel"];

    /// <summary>What to read.</summary>
    [Example("""{"list":"rooms","file_id":"0193a5e2-7c1f-7d7a-9f0e-3b8f4c2d1a60","dry_run":true}""")]
    internal sealed record CreateImportRequest
    {
        /// <summary>Which list: <c>users</c> or <c>rooms</c>.</summary>
        [Required, AllowedValues("users", "rooms")]
        public string? List { get; init; }

        /// <summary>The file's id; a CSV file that the caller may see.</summary>
        [Required]
        public string? FileId { get; init; }

        /// <summary>Whether everything is checked and nothing changed.</summary>
        public bool DryRun { get; init; }

        /// <summary>How the file is to be read, as in the query of the list's own import: <c>delimiter</c>, <c>map</c>, <c>ignore_unknown</c>, <c>formulas</c>; at most 2,000 characters.</summary>
        [StringLength(MaxQueryLength)]
        public string? Query { get; init; }
    }

    /// <summary>Where its report will be.</summary>
    /// <param name="JobId">The job that reads the file.</param>
    /// <param name="ReportFileId">The file with the report, as JSON; there is none of this id before the job is through.</param>
    /// <param name="Url">Where the report's bytes will be; 404 until then.</param>
    internal sealed record ImportResponse(string JobId, string ReportFileId, string Url);

    public static async Task<IResult> HandleAsync(
        JsonBody<CreateImportRequest> body, HttpContext context, Caller caller, ServerSettings settings, FileAccess access, JobClient jobs, AuditLog audit, Database database, TimeProvider time)
    {
        var request = body.Value;
        var import = Imports.Find(request.List, context, settings);
        var errors = new FieldErrors();
        errors.Check(import is not null, "list", $"Must be one of {string.Join(", ", Imports.All.Select(static one => one.Noun))}.");
        errors.Check(request.FileId is not null, "file_id", "Must be a file's id.");
        CheckQuery(errors, request);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (import!.Check(caller) is { } forbidden)
        {
            return forbidden.ToResult();
        }

        if (await access.FindReadableAsync(caller, request.FileId!, context.RequestAborted) is not { } file)
        {
            return FieldErrors.For("file_id", "There is no such file.").ToResult();
        }

        if (!Types.Contains(file.ContentType))
        {
            return FieldErrors.For("file_id", $"Must be a CSV file; this one is {file.ContentType}.").ToResult();
        }

        var report = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        return await database.WriteOnceAsync(context, async (unit, cancellationToken) =>
        {
            var job = await jobs.EnqueueAsync(
                unit, new ImportFile(CallerNote.Of(context, caller), import.Noun, file.Id, request.Query, request.DryRun, report), null, cancellationToken);
            var details = new JsonObject { ["dry_run"] = request.DryRun, ["job"] = job.Id };
            await audit.WriteAsync(unit, new AuditEntry(import.Noun + ".import", AuditOutcome.Success, Origins.Of(context), $"file:{file.Id}", details), cancellationToken);
            return new KeptAnswer(StatusCodes.Status202Accepted, new ImportResponse(job.Id, report, FileResponse.UrlOf(report))) { Location = JobResponse.PathOf(job.Id) };
        });
    }

    private static void CheckQuery(FieldErrors errors, CreateImportRequest request)
    {
        if (request.Query is { Length: > MaxQueryLength })
        {
            errors.Add("query", $"Must be at most {MaxQueryLength} characters.");
            return;
        }

        try
        {
            Imports.ReadRequest(request.Query, request.DryRun);
        }
        catch (ApiErrorException exception)
        {
            errors.Add("query", exception.Error.Message);
        }
    }
}
