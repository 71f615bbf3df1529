using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Adds what is to be done from time to time.</summary>
internal static class UpkeepServiceCollectionExtensions
{
    /// <summary>The queue of all of it.</summary>
    public const string Queue = "upkeep";

    // The next time comes anyway.
    private const int MaxAttempts = 3;

    /// <summary>Adds one with its kind of job and its schedule.</summary>
    public static IServiceCollection AddUpkeep<TUpkeep>(this IServiceCollection services)
        where TUpkeep : class, IUpkeep
    {
        services.AddSingleton<TUpkeep>();
        services.AddJob<UpkeepJob<TUpkeep>, UpkeepHandler<TUpkeep>>(TUpkeep.Kind, static kind =>
        {
            kind.Queue = Queue;
            kind.MaxAttempts = MaxAttempts;
            kind.Timeout = TimeSpan.FromMinutes(30);
        });
        services.AddJobSchedule(TUpkeep.Kind, TUpkeep.Cron, static _ => new UpkeepJob<TUpkeep>());

        // One after the other: it is in no hurry, and the workers are for others.
        return services.Configure<JobsOptions>(static jobs => jobs.Queues.TryAdd(Queue, new JobQueueOptions { Workers = Math.Min(1, jobs.Workers) }));
    }
}
