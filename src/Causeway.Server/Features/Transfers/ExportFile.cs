using Causeway.Data;
using Causeway.Http;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>A list to be written into a file.</summary>
/// <param name="Caller">Who asked for it, and owns the file.</param>
/// <param name="List">Which list.</param>
/// <param name="Format">How it is written.</param>
/// <param name="Query">Order and filters.</param>
/// <param name="FileId">The file's id.</param>
internal sealed record ExportFile(CallerNote Caller, string List, string Format, string? Query, string FileId);

/// <summary>
/// One try of an export. What the caller may see is decided when it begins, by what they may do by then. The file and the job's end are one transaction, so that there is one file, however
/// often it is tried.
/// </summary>
internal sealed class ExportFileHandler(CallerResolver callers, MadeFiles files, FileStore store, FileAudit audit, Database database) : IJobHandler<ExportFile>
{
    public const string Kind = "export.file";

    public async Task<JobOutcome> RunAsync(ExportFile args, JobContext context, CancellationToken cancellationToken)
    {
        if (Exports.Find(args.List) is not { } export)
        {
            return JobOutcome.Fail($"This program has no list {args.List}.");
        }

        if (await callers.FindAsync(args.Caller, cancellationToken) is not { } caller)
        {
            return JobOutcome.GiveUp(Transfers.CallerIsGone);
        }

        if (await store.FindAsync(args.FileId, cancellationToken) is not null)
        {
            return JobOutcome.GiveUp("Its file is there already; ask for another one.");
        }

        ListWriter write;
        try
        {
            write = export.Prepare(context.Services, caller, args.Format, Exports.ReadQuery(args.Query));
        }
        catch (ApiErrorException refused)
        {
            return JobOutcome.GiveUp(refused.Error.Code == ErrorCode.Forbidden ? Transfers.CallerMayNot : refused.Error.Message);
        }

        await using var file = files.Begin(args.FileId, caller);
        FileRow row;
        try
        {
            await write(file.Output, rows => context.Report(rows, note: "rows"), cancellationToken);
            row = await file.FinishAsync($"{export.Noun}.{args.Format}", args.Format == ListExport.Csv ? "text/csv" : Export.NdjsonType, cancellationToken);
        }
        catch (FileQuotaException)
        {
            return JobOutcome.GiveUp(Transfers.NoRoom);
        }

        await database.WriteAsync(
            async (unit, token) =>
            {
                // First, so that whoever lost the job writes nothing, not even the file's bytes.
                await context.CompleteAsync(unit, token);
                await audit.WriteAsync(unit, args.Caller.ToOrigin(), "file.create", row, token);
                await file.StoreAsync(unit, row, token);
            },
            cancellationToken);
        return JobOutcome.Done;
    }
}
