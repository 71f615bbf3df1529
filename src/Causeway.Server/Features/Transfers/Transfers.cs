using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Exports and imports as jobs.</summary>
internal static class Transfers
{
    /// <summary>The queue of both.</summary>
    public const string Queue = "transfers";

    public const string CallerIsGone = "Whoever asked for it is not let in any more: the account, the key or the token has ended.";
    public const string CallerMayNot = "Whoever asked for it may not do it any more.";
    public const string NoRoom = "The quota of whoever asked for it has no room for the file.";

    private const int MaxAttempts = 5;

    // As many rows as there are; a worker that is gone is noticed by its lease.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    public static IServiceCollection AddTransfers(this IServiceCollection services)
    {
        services.AddSingleton<MadeFiles>();
        services.AddSingleton<ImportProgressStore>();
        services.AddJob<ExportFile, ExportFileHandler>(ExportFileHandler.Kind, Set);
        services.AddJob<ImportFile, ImportFileHandler>(ImportFileHandler.Kind, Set);

        // Long ones must leave workers to jobs of other kinds.
        return services.Configure<JobsOptions>(static jobs => jobs.Queues.TryAdd(Queue, new JobQueueOptions { Workers = Math.Max(1, jobs.Workers / 2) }));
    }

    private static void Set(JobKindOptions kind)
    {
        kind.Queue = Queue;
        kind.MaxAttempts = MaxAttempts;
        kind.Timeout = Longest;
    }
}
