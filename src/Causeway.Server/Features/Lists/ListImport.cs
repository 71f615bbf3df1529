using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>A list that a CSV file can be read into by a job.</summary>
/// <param name="noun">What it is a list of, in the plural and in lower case.</param>
/// <param name="rule">Who may add to it.</param>
internal abstract class ListImport(string noun, AccessRule rule)
{
    public string Noun => noun;

    public AccessRule Rule => rule;

    /// <summary>Null, or why a caller may not add to it.</summary>
    public ApiError? Check(Caller caller) => rule.Needed is not { } needed || caller.Has(needed) ? null : AccessErrors.Forbidden;

    /// <summary>Reads a file into the list, batch by batch.</summary>
    /// <param name="services">Where the list is.</param>
    /// <param name="run">What is to be read, for whom, and how far it was.</param>
    /// <param name="cancellationToken">Ends it behind the batch that is being written.</param>
    /// <exception cref="ApiErrorException">The file can't be read at all, or the caller may not go on.</exception>
    public abstract Task<CsvImportReport> RunAsync(IServiceProvider services, ImportRun run, CancellationToken cancellationToken);
}

/// <inheritdoc/>
/// <param name="noun">What it is a list of, in the plural and in lower case.</param>
/// <param name="rule">Who may add to it.</param>
/// <param name="import">How rows are read.</param>
/// <param name="write">Writes a batch.</param>
internal sealed class ListImport<T>(string noun, AccessRule rule, CsvImport<T> import, BatchWriter<T> write) : ListImport(noun, rule)
{
    public override Task<CsvImportReport> RunAsync(IServiceProvider services, ImportRun run, CancellationToken cancellationToken) => import.RunAsync(
        run.Content, run.Request, run.Limits,
        async (batch, token) =>
        {
            token.ThrowIfCancellationRequested();
            var caller = await run.Caller(token);

            // A batch that was begun is written to its end.
            await write(services, caller, run.Origin, batch, (unit, _) => run.Keep(unit, batch.Progress(), CancellationToken.None), CancellationToken.None);
        },
        run.From,
        cancellationToken);
}

/// <summary>One try of an import.</summary>
/// <param name="Content">The file, from its beginning.</param>
/// <param name="Request">How it is read.</param>
/// <param name="Limits">How much it may be.</param>
/// <param name="Origin">Who it is for, for the audit log.</param>
/// <param name="From">How far it was; null for the beginning.</param>
/// <param name="Caller">Asked before each batch: who it is for, with what they may do by now. Throws where they may not go on.</param>
/// <param name="Keep">Called last in each batch's transaction, with how far it is.</param>
internal sealed record ImportRun(
    Stream Content,
    CsvImportRequest Request,
    CsvImportLimits Limits,
    AuditOrigin Origin,
    CsvImportReport? From,
    Func<CancellationToken, ValueTask<Caller>> Caller,
    Func<UnitOfWork, CsvImportReport, CancellationToken, Task> Keep);

/// <summary>Writes a batch in one transaction.</summary>
/// <param name="services">Where the list is.</param>
/// <param name="caller">For whom.</param>
/// <param name="origin">The same for the audit log.</param>
/// <param name="batch">What; each row is told what became of it.</param>
/// <param name="also">What else is written, last in the same transaction; null for nothing.</param>
/// <param name="cancellationToken">Stops it.</param>
internal delegate Task BatchWriter<T>(
    IServiceProvider services, Caller caller, AuditOrigin origin, CsvImportBatch<T> batch, Func<UnitOfWork, CancellationToken, Task>? also, CancellationToken cancellationToken);
