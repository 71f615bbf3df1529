using System.Globalization;
using System.Text.Json;
using Causeway.Data;
using Causeway.Http;
using Causeway.Jobs;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>A CSV file to be read into a list.</summary>
/// <param name="Caller">Who asked for it, and owns the report.</param>
/// <param name="List">Which list.</param>
/// <param name="FileId">The file.</param>
/// <param name="Query">How it is read.</param>
/// <param name="DryRun">Whether nothing is changed.</param>
/// <param name="ReportFileId">The report's id.</param>
internal sealed record ImportFile(CallerNote Caller, string List, string FileId, string? Query, bool DryRun, string ReportFileId);

/// <summary>
/// One try of an import. How far it is stands in the transaction of each batch: a try after a crash, and a replay of one that was cancelled, goes on behind it, and the report tells of all rows
/// once. The report and the job's end are one transaction.
/// </summary>
internal sealed class ImportFileHandler(
    CallerResolver callers,
    FileAccess access,
    FileStore store,
    UploadDirectory directory,
    MadeFiles files,
    FileAudit audit,
    ImportProgressStore progress,
    Database database,
    IOptions<JsonOptions> json) : IJobHandler<ImportFile>
{
    public const string Kind = "import.file";

    public async Task<JobOutcome> RunAsync(ImportFile args, JobContext context, CancellationToken cancellationToken)
    {
        if (Imports.Find(args.List) is not { } import)
        {
            return JobOutcome.Fail($"This program reads no file into a list {args.List}.");
        }

        if (await store.FindAsync(args.ReportFileId, cancellationToken) is not null)
        {
            return JobOutcome.GiveUp("Its report is there already; ask for another import.");
        }

        try
        {
            var caller = await CallerAsync(import, args, cancellationToken);
            if (await access.FindReadableAsync(caller, args.FileId, cancellationToken) is not { } file)
            {
                return JobOutcome.GiveUp("The file is gone, or whoever asked for it may not read it any more.");
            }

            await using var content = directory.OpenRead(file.Id);
            if (content is null)
            {
                return JobOutcome.Fail(FileErrors.Elsewhere.Message);
            }

            var run = new ImportRun(
                content,
                Imports.ReadRequest(args.Query, args.DryRun),
                Imports.Limits,
                args.Caller.ToOrigin(),
                args.DryRun ? null : await progress.TakeAsync(context, cancellationToken),
                token => CallerAsync(import, args, token),
                async (unit, reached, token) =>
                {
                    if (!args.DryRun)
                    {
                        await ImportProgressStore.KeepAsync(unit, context, reached, token);
                    }

                    context.Report(content.Position, file.Size, string.Create(CultureInfo.InvariantCulture, $"bytes, {reached.Rows} rows"));
                });
            var report = await import.RunAsync(context.Services, run, cancellationToken);
            context.Report(file.Size, file.Size, string.Create(CultureInfo.InvariantCulture, $"bytes, {report.Rows} rows"));
            await EndAsync(args, context, caller, report, cancellationToken);
            return JobOutcome.Done;
        }
        catch (ApiErrorException refused)
        {
            return JobOutcome.GiveUp(refused.Error.Message);
        }
    }

    private async ValueTask<Caller> CallerAsync(ListImport import, ImportFile args, CancellationToken cancellationToken)
    {
        var caller = await callers.FindAsync(args.Caller, cancellationToken) ?? throw new ApiErrorException(new ApiError(ErrorCode.Forbidden, Transfers.CallerIsGone));
        return import.Check(caller) is null ? caller : throw new ApiErrorException(new ApiError(ErrorCode.Forbidden, Transfers.CallerMayNot));
    }

    private async Task EndAsync(ImportFile args, JobContext context, Caller caller, CsvImportReport report, CancellationToken cancellationToken)
    {
        // What is done must be told, also to somebody whose quota is used up.
        await using var made = files.BeginWithoutQuota(args.ReportFileId, caller);
        await made.Output.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(report, json.Value.SerializerOptions), cancellationToken);
        var row = await made.FinishAsync($"{args.List}-import.json", "application/json", cancellationToken);
        await database.WriteAsync(
            async (unit, token) =>
            {
                await context.CompleteAsync(unit, token);
                await ImportProgressStore.ForgetAsync(unit, context, token);
                await audit.WriteAsync(unit, args.Caller.ToOrigin(), "file.create", row, token);
                await made.StoreAsync(unit, row, token);
            },
            cancellationToken);
    }
}
