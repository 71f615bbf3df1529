using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>Durable jobs as a part of the service: their keys, and the room that tells of them.</summary>
internal static class ServerJobs
{
    /// <summary>What is told of jobs; they themselves are a part of the data, so that the command line can enqueue too.</summary>
    public static IServiceCollection AddServerJobs(this IServiceCollection services)
    {
        services.AddHostedService<JobRoom>();
        services.AddOverviewPart("jobs", static provider =>
        {
            var jobs = provider.GetRequiredService<JobClient>();
            return () =>
            {
                var counts = jobs.Counts;
                return overview => overview with { Jobs = new(Of(JobState.Waiting), Of(JobState.Running), Of(JobState.Scheduled), Of(JobState.Dead)) };

                long Of(JobState state) => counts.Where(count => count.State == state).Sum(static count => count.Jobs);
            };
        });
        return services;
    }
}
